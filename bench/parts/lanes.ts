import { attachConsumer, attachProducer, createSegment } from 'hermes-ipc';
import { awaitStart } from '../../src/tools/bench/child.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { type Colour, lineChart } from '../report/charts.js';
import type { Finding } from '../report/goals.js';
import type { Section } from '../report/section.js';
import { runMeasuring } from '../runner/measuring.js';
import { startRole } from '../runner/role.js';
import { interleave, type Recorded, ratiosOf, recorded, spreadOf } from '../runner/rounds.js';
import { curveTable, type Part, part } from './part.js';

const GOAL_LANES = 256;

/** What lanes cost that have nothing to say. */
export const lanesPart: Part = part(
  'lanes',
  async (bench) => {
    const entries = bench.profile.lanes.map((laneCount) => ({
      key: `${laneCount}`,
      measure: () => {
        const task: LanesTask = { directory: bench.scratch.directory, laneCount };
        return runMeasuring<LanesResult>([startRole('lanes', task)], bench.interrupted);
      },
    }));
    return recorded(await interleave(bench, 'lanes', entries, bench.profile.curveRounds));
  },
  present,
);

function present({ samples }: Recorded<LanesResult>): Section {
  const curve = (label: string, colour: Colour, pick: (result: LanesResult) => number) => ({
    label,
    colour,
    points: Object.entries(samples).map(([lanes, results]) => ({
      x: Number(lanes),
      ...spreadOf(results.map(pick)),
    })),
  });
  const series = [
    curve('a poll that finds a message', 'shade2', ({ busyNs }) => busyNs),
    curve('a poll that finds none', 'shade0', ({ emptyNs }) => emptyNs),
  ];
  const [one, most] = [1, GOAL_LANES].map((count) => samples[`${count}`]?.map(({ busyNs }) => busyNs));
  const findings: Finding[] = one && most ? [{ goal: 'idle-lanes', spread: spreadOf(ratiosOf(most, one)) }] : [];
  const title = 'Idle lanes';
  return {
    name: 'lanes',
    title,
    text: [
      'A producer is attached to every lane, and one of them, in the middle, sends. What a `poll` of one message costs the consumer; both ends in one process.',
    ],
    tables: [curveTable('lanes', series, String, formatNs)],
    charts: [
      {
        file: 'lanes.svg',
        alt: 'Nanoseconds a poll by lanes',
        svg: lineChart({
          title,
          subtitle: 'Hermes alone; nanoseconds a poll; one lane is busy',
          xLabel: 'lanes with a producer',
          series,
          formatX: String,
          formatY: formatNs,
        }),
      },
    ],
    findings,
  };
}

/** A consumer of many lanes, of which one is busy: what a poll costs. */
interface LanesTask {
  readonly directory: string;
  readonly laneCount: number;
}

/** Nanoseconds a poll. */
interface LanesResult {
  /** One that finds a message. */
  readonly busyNs: number;
  /** One that finds none. */
  readonly emptyNs: number;
}

const LANE_CAPACITY = 64 * 1024;
/** Less than a lane holds. */
const MESSAGE_COUNT = 512;
const ROUNDS = 200;
const WARM_UP_ROUNDS = 100;

/** Plays it, both ends in one process. */
export async function pollLanes({ directory, laneCount }: LanesTask): Promise<LanesResult> {
  const name = `lanes-${process.pid}`;
  createSegment(name, {
    directory,
    producers: laneCount,
    maxGroups: 1,
    members: 1,
    capacity: LANE_CAPACITY,
    maxPayload: 64,
    timestamps: false,
  });
  const producers = Array.from({ length: laneCount }, () => attachProducer(name, { directory }));
  const consumer = attachConsumer(name, { directory });
  const busy = producers[laneCount >> 1]!;
  const payload = Buffer.alloc(64);
  let seen = 0;
  const handler = () => {
    seen++;
  };

  const perPoll = (): number => {
    const startNs = process.hrtime.bigint();
    for (let i = 0; i < MESSAGE_COUNT; i++) consumer.poll(handler, 1);
    return Number(process.hrtime.bigint() - startNs) / MESSAGE_COUNT;
  };

  await awaitStart();
  const busyNs: number[] = [];
  const emptyNs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < MESSAGE_COUNT; i++) busy.offer(payload);
    busyNs.push(perPoll());
    emptyNs.push(perPoll());
  }
  if (seen !== ROUNDS * MESSAGE_COUNT) throw new Error(`${seen} messages came of ${ROUNDS * MESSAGE_COUNT}`);
  const median = (values: readonly number[]) =>
    values.slice(WARM_UP_ROUNDS).sort((a, b) => a - b)[(ROUNDS - WARM_UP_ROUNDS) >> 1]!;
  return { busyNs: median(busyNs), emptyNs: median(emptyNs) };
}
