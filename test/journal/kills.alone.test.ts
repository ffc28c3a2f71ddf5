import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  createSegment,
  inspectSegment,
  type JournalReader,
  type Message,
  openJournal,
  type Producer,
  type RecorderOptions,
  type SyncMode,
  verifyJournal,
} from '../../src/index.js';
import { consumeUntil } from '../processes/consuming.js';
import { killInSuccession } from '../processes/kill-in-succession.js';
import { Succession } from '../processes/succession.js';
import type { ProduceNumbered } from '../programs/produce-numbered.js';
import type { RecordJournal } from '../programs/record-journal.js';
import { carriesNumber, numberedPayload } from '../support/numbered-payload.js';
import { Program } from '../support/program.js';
import { Random } from '../support/random.js';
import { randomMoments } from '../support/random-moments.js';
import { scratchDirectory } from '../support/scratch.js';
import { StandbyPool } from '../support/standby-pool.js';
import { endAllProcesses } from '../support/started-process.js';
import { together } from '../support/together.js';
import { until } from '../support/until.js';
import { checkAppended } from './appended-message.js';
import { scratchOnDisk } from './disk.js';

/** 500 in a long run; the suite has many other things to kill. */
const KILLS = Number(process.env.HERMES_TEST_JOURNAL_KILLS ?? 8);
const TIMEOUT_MS = 120_000 + KILLS * 2000;
const SEGMENT = 'numbers';
const LANES = 2;
const FILE_LENGTH = 1024 * 1024;

let directory: string;
let journal: string;
beforeEach(() => {
  directory = scratchDirectory();
  journal = path.join(scratchOnDisk(), 'journal');
});
afterEach(endAllProcesses);

function recordCommand(generation: number, sync: SyncMode = 'os'): RecordJournal {
  return { segment: SEGMENT, generation, ...recorderOptions(sync) };
}

function recorderOptions(sync: SyncMode = 'os'): RecorderOptions & Omit<RecordJournal, 'segment' | 'generation'> {
  return { directory, to: journal, group: 'default', sync, fileLength: FILE_LENGTH };
}

async function produceUntil(producers: readonly Producer[], isDone: () => boolean): Promise<number[]> {
  const counts = producers.map(() => 0);
  while (!isDone()) {
    for (const producer of producers) {
      for (let i = 0; i < 50; i++) {
        if (producer.offer(numberedPayload(producer.lane, counts[producer.lane]!)) < 0) break;
        counts[producer.lane]!++;
      }
    }
    await setImmediate();
  }
  return counts;
}

/** Hands every message of the journal to `check`. */
function readAll(check: (message: Message) => void): void {
  using reader = openJournal(journal);
  while (reader.read(check, 4096) > 0);
}

describe('a recorder that is killed at a random moment', () => {
  test.each(['os', 'every'] as const)(
    `leaves no gap and no duplicate: ${KILLS} times, sync %s`,
    { timeout: TIMEOUT_MS },
    async (sync) => {
      createSegment(SEGMENT, {
        directory,
        producers: LANES,
        capacity: 131_072,
        maxPayload: 2000,
        checksum: sync === 'every',
      });
      const producers = Array.from({ length: LANES }, () => attachProducer(SEGMENT, { directory }));
      let produced: number[] = [];
      let allKilled = false;
      await together(
        async (signal) => {
          produced = await produceUntil(producers, () => allKilled || signal.aborted);
        },
        async (signal) => {
          const pool = new StandbyPool(() => Program.start('record-journal'));
          await killInSuccession({ pool, kills: KILLS, commandOf: (it) => recordCommand(it, sync), signal });
          allKilled = true;
        },
      );
      for (const producer of producers) producer.detach();
      using last = attachRecorder(SEGMENT, recorderOptions(sync));
      await last.run({ drain: true });
      const next = produced.map(() => 0);
      readAll((message) => {
        const { lane, sequence } = message;
        if (sequence !== next[lane]) throw new Error(`lane ${lane}: ${sequence} instead of ${next[lane]}`);
        if (!carriesNumber(message, lane, sequence)) throw new Error(`lane ${lane}: ${sequence} has another payload`);
        next[lane]!++;
      });
      expect(next).toEqual(produced);
      expect(await verifyJournal(journal)).toMatchObject({ damages: [], gaps: [] });
    },
  );
});

test(`recorders of two segments in turn into one journal, killed at random: ${KILLS} times`, {
  timeout: TIMEOUT_MS,
}, async ({ annotate }) => {
  const names = [SEGMENT, 'others'];
  for (const name of names) createSegment(name, { directory, producers: 1, capacity: 131_072, maxPayload: 2000 });
  const producers = names.map((name) => attachProducer(name, { directory }));
  const produced = names.map(() => 0);
  const random = new Random(KILLS);
  const commandOf = (generation: number): RecordJournal => {
    return { ...recordCommand(generation), segment: names[random.below(2)]! };
  };
  let allKilled = false;
  await together(
    async (signal) => {
      while (!allKilled && !signal.aborted) {
        for (const [i, producer] of producers.entries()) {
          for (let j = 0; j < 50 && producer.offer(numberedPayload(i, produced[i]!)) >= 0; j++) produced[i]!++;
        }
        await setImmediate();
      }
    },
    async (signal) => {
      await killInSuccession({
        pool: new StandbyPool(() => Program.start('record-journal')),
        kills: KILLS,
        commandOf,
        signal,
      });
      allKilled = true;
    },
  );
  for (const name of names) {
    using last = attachRecorder(name, recorderOptions());
    while (last.record() > 0);
  }
  const ids = names.map((name) => inspectSegment(name, { directory }).segmentId);
  const next = names.map(() => 0);
  using reader = openJournal(journal);
  const check = (message: Message) => {
    const segment = ids.indexOf(reader.segmentId);
    const { sequence } = message;
    if (sequence !== next[segment]) throw new Error(`${names[segment]}: ${sequence} instead of ${next[segment]}`);
    if (!carriesNumber(message, segment, sequence))
      throw new Error(`${names[segment]}: ${sequence} has another payload`);
    next[segment]!++;
  };
  while (reader.read(check, 4096) > 0);
  expect(next).toEqual(produced);
  expect(await verifyJournal(journal)).toMatchObject({ damages: [], gaps: [] });
  await annotate(`${produced.join(' and ')} messages`);
});

test(`recorders and producers killed at random: ${KILLS} times each`, { timeout: TIMEOUT_MS }, async ({ annotate }) => {
  createSegment(SEGMENT, { directory, producers: 1, capacity: 131_072, maxPayload: 2000 });
  const countsFile = path.join(directory, '.counts');
  const produceCommand = (generation: number): ProduceNumbered => ({
    segment: SEGMENT,
    directory,
    generation,
    countsFile,
    paceMs: 0,
  });
  await together(
    (signal) =>
      killInSuccession({
        pool: new StandbyPool(() => Program.start('record-journal')),
        kills: KILLS,
        commandOf: (it) => recordCommand(it),
        signal,
      }),
    (signal) =>
      killInSuccession({
        pool: new StandbyPool(() => Program.start('produce-numbered')),
        kills: KILLS,
        commandOf: produceCommand,
        signal,
      }),
  );
  using last = attachRecorder(SEGMENT, recorderOptions());
  while (last.record() > 0);
  const lane = new Succession(0);
  readAll((message) => lane.check(message));
  lane.checkComplete(countsFile);
  await annotate(`${lane.sequence} messages of ${lane.generations} producers`);
  expect(lane.sequence).toBeGreaterThan(0); // of how many producers is luck: some find no room
});

describe('a producer with a journal in its path, killed at a random moment', () => {
  test(`what is in the journal is what was published: ${KILLS} times`, { timeout: TIMEOUT_MS }, async ({
    annotate,
  }) => {
    createSegment(SEGMENT, { directory, producers: 1, capacity: 65_536, maxPayload: 2000 });
    const countsFile = path.join(directory, '.counts');
    const commandOf = (generation: number): ProduceNumbered => {
      return { segment: SEGMENT, directory, generation, countsFile, paceMs: 0, journal };
    };
    const received = new Succession(0);
    let allKilled = false;
    using consumer = attachConsumer(SEGMENT, { directory });
    await together(
      (signal) =>
        consumeUntil(
          consumer,
          (message) => received.check(message),
          () => allKilled || signal.aborted,
        ),
      async (signal) => {
        const pool = new StandbyPool(() => Program.start('produce-numbered'));
        await killInSuccession({ pool, kills: KILLS, commandOf, signal, longestLifeMs: 60 });
        allKilled = true;
      },
    );
    attachProducer(SEGMENT, { directory, journal }).detach(); // takes back what was never published
    const recorded = new Succession(0);
    readAll((message) => recorded.check(message));
    expect(recorded.sequence).toBe(received.sequence);
    recorded.checkComplete(countsFile);
    await annotate(`${recorded.sequence} messages of ${recorded.generations} producers`);
    expect(recorded.generations).toBeGreaterThan(0); // of how many producers is luck: some die before their first message
  });
});

test(`a reader that follows sees no wrong message and misses none while writers are killed: ${KILLS} times`, {
  timeout: TIMEOUT_MS,
}, async ({ annotate }) => {
  let reader: JournalReader | undefined;
  let next = 0;
  const check = (message: Message) => checkAppended(message, next++);
  const moments = randomMoments();
  for (let life = 0; life < KILLS; life++) {
    const writer = Program.start('append-journal');
    await writer.next('standing by');
    writer.command({ journal });
    await writer.next('attached');
    reader ??= openJournal(journal);
    const endMs = performance.now() + 20 + moments.fraction() * 60;
    while (performance.now() < endMs) {
      reader.read(check);
      await setImmediate();
    }
    writer.kill();
    await writer.exited;
  }
  while (reader!.read(check) > 0);
  reader!.close();
  await annotate(`${next} messages`);
  expect((await verifyJournal(journal)).messages).toBe(next);
});

test('a recorder that is stopped holds producers back, and goes on where it was', async () => {
  createSegment(SEGMENT, { directory, producers: 1, capacity: 65_536 });
  const recorder = Program.start('record-journal');
  await recorder.next('standing by');
  recorder.command(recordCommand(0));
  await recorder.next('attached');
  recorder.signal('SIGSTOP');
  using producer = attachProducer(SEGMENT, { directory });
  let count = 0;
  while (producer.offer(numberedPayload(0, count)) >= 0) count++;
  recorder.signal('SIGCONT');
  await until(() => producer.offer(numberedPayload(0, count)) >= 0);
  recorder.kill();
  await recorder.exited;
  using last = attachRecorder(SEGMENT, recorderOptions());
  while (last.record() > 0);
  const names: number[] = [];
  readAll(({ sequence }) => names.push(sequence));
  expect(names).toEqual(Array.from({ length: count + 1 }, (_, i) => i));
});
