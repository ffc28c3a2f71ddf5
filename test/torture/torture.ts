import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { attachConsumer, createSegment, inspectSegment } from '../../src/index.js';
import { MAX_SIGNED_LENGTH } from '../support/numbered-payload.js';
import { Program } from '../support/program.js';
import { Random } from '../support/random.js';
import { makeDirectory, removeDirectory } from '../support/segment-directory.js';
import { StandbyPool } from '../support/standby-pool.js';
import { killAllProcesses } from '../support/started-process.js';
import { Cast } from './cast.js';
import { Dooms } from './dooms.js';
import { makeInstrumentedCopy } from './instrumented-copy.js';
import { DEFAULT_JOURNAL, JournalReader, OFFERED_JOURNAL, QUEUE_JOURNAL, STEPS_JOURNAL } from './journal.js';
import { commonTimeMs, LANES, QUEUE_GROUP, ROLES, SEGMENT } from './life-command.js';
import { remainsOf } from './remains.js';
import { printSummary, type Summary } from './summary.js';
import { verify } from './verification.js';

/*
 * The crash torture: `node dist/test/torture/torture.js --minutes 10 [--seed n] [--json]`. Producers, the exclusive consumer of
 * `default`, members of the work queue `queue`, a lossy observer, a coordinator and attach/detach churn share one segment;
 * each is killed again and again, at random moments and at exact points of the code, or stopped for a while, and replaced.
 * Journals say what each of them did before it died, and at the end every message is accounted for. Chance follows the
 * seed; the times of the machine do not.
 */

const STEP_MS = 10;
const LONGEST_BLOCK_MS = 1000;
/** Time for what is left to be handled at the end. */
const DRAIN_MS = 20_000;
/** The coordinator, and nobody else, cleans up after the last. */
const LAST_REAP_MS = 1000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    /** A compiled project to be tortured instead: one that was broken on purpose. */
    dist: { type: 'string' },
  },
});

const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('Usage: torture [--minutes n] [--seed n] [--json]');
  process.exit(2);
}

const directory = makeDirectory();
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-torture-'));
process.once('exit', () => {
  killAllProcesses();
  removeDirectory(directory);
  fs.rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const summary = await torture();
if (values.json) console.log(JSON.stringify(summary));
else printSummary(summary);
process.exit(summary.violations.length === 0 ? 0 : 1);

async function torture(): Promise<Summary> {
  const startedMs = commonTimeMs();
  const { program, sites } = makeInstrumentedCopy(path.join(scratch, 'copy'), values.dist);
  const journals = path.join(scratch, 'journals');
  fs.mkdirSync(journals);
  const journal = (name: string) => new JournalReader(path.join(journals, name));
  const shape = {
    producers: LANES,
    maxGroups: 8,
    members: 4,
    capacity: 65_536,
    maxPayload: MAX_SIGNED_LENGTH,
    checksum: true,
  };
  createSegment(SEGMENT, { ...shape, directory });
  attachConsumer(SEGMENT, { directory, group: QUEUE_GROUP, shared: true, durable: true }).detach();

  const random = new Random(seed);
  const dooms = new Dooms(journal(STEPS_JOURNAL), sites, random);
  const pool = new StandbyPool(() => Program.startFile(program));
  const cast = new Cast({ pool, dooms, random, directory, journals, lookAt });
  const endMs = startedMs + minutes * 60_000;
  while (commonTimeMs() < endMs) {
    cast.step();
    await setTimeout(STEP_MS);
  }
  const seconds = (commonTimeMs() - startedMs) / 1000;

  await cast.endRoles(['producer', 'churn', 'observer']);
  await cast.kill(ROLES);
  const violations = await drain(cast);
  await setTimeout(LAST_REAP_MS);
  await cast.endRoles(['coordinator']);
  dooms.learn();

  const kills = Object.fromEntries(cast.killsByRole);
  const { lanes } = inspectSegment(SEGMENT, { directory });
  const findings = verify(
    {
      default: journal(DEFAULT_JOURNAL).read(),
      queue: journal(QUEUE_JOURNAL).read(),
      offered: journal(OFFERED_JOURNAL).read(),
    },
    lanes.map(({ messages }) => messages ?? -1),
    { isKilled: (life) => cast.isKilled(life), killedQueueMembers: kills.queue ?? 0 },
  );
  violations.push(...cast.violations, ...remainsOf(directory), ...findings.violations);
  if (cast.longestBlockMs > LONGEST_BLOCK_MS) {
    violations.push(
      `a producer was refused for ${Math.round(cast.longestBlockMs)} ms while consumers were there`,
      ...cast.lookedAt,
    );
  }
  return {
    seed,
    seconds,
    kills: cast.kills,
    killsByRole: kills,
    killsByKind: cast.killsByKind,
    exactByOperation: dooms.byOperation,
    exactPoints: dooms.pointCount,
    sites: { all: sites.length, ...dooms.coverage },
    stops: cast.stops,
    exactStops: cast.exactStops,
    messages: findings.messages,
    redelivered: { default: findings.defaultRepeated, queue: findings.queueRepeated },
    longestBlockMs: Math.round(cast.longestBlockMs),
    longestExcusedBlockMs: Math.round(cast.longestExcusedBlockMs),
    violations,
  };
}

function lookAt(lane: number): string {
  const { groups } = inspectSegment(SEGMENT, { directory });
  const parts = groups.map(({ name, members, orphanCount, positions }) => {
    const lag = positions.find((position) => position.lane === lane)?.lagLength;
    return `${name} ${lag} bytes, ${members.map(({ pid, alive }) => `${pid}${alive ? '' : ' dead'}`)}, ${orphanCount} orphans`;
  });
  return `lane ${lane}: ${parts.join('; ')}`;
}

/** Lets members that nobody disturbs handle what is left, and go. What is wrong. */
async function drain(cast: Cast): Promise<string[]> {
  const deadlineMs = commonTimeMs() + DRAIN_MS;
  const isDone = () => {
    const { groups } = inspectSegment(SEGMENT, { directory });
    const durable = groups.filter(({ name }) => name === 'default' || name === QUEUE_GROUP);
    return durable.every(({ lagLength, orphanCount }) => lagLength === 0 && orphanCount === 0);
  };
  while (!cast.settle(['default', 'queue', 'coordinator']) || !isDone()) {
    if (commonTimeMs() > deadlineMs) {
      const { groups } = inspectSegment(SEGMENT, { directory });
      const left = groups.map(
        ({ name, lagLength, orphanCount }) => `${name} ${lagLength} bytes, ${orphanCount} orphans`,
      );
      return [`not drained within ${DRAIN_MS} ms: ${left.join('; ')}`];
    }
    await setTimeout(STEP_MS);
  }
  await cast.endRoles(['default']);
  await cast.kill(['queue']); // with nothing in flight: for the coordinator, which is alone then
  return [];
}
