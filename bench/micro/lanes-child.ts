import { attachConsumer, attachProducer, createSegment } from '../../src/index.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';

/** A consumer of many lanes, of which one is busy: what a poll costs. */
export interface LanesTask {
  readonly directory: string;
  readonly laneCount: number;
}

/** Nanoseconds a poll. */
export interface LanesResult {
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

const { directory, laneCount } = childTask<LanesTask>();
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

function perPoll(): number {
  const startNs = process.hrtime.bigint();
  for (let i = 0; i < MESSAGE_COUNT; i++) consumer.poll(handler, 1);
  return Number(process.hrtime.bigint() - startNs) / MESSAGE_COUNT;
}

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
finish({ busyNs: median(busyNs), emptyNs: median(emptyNs) } satisfies LanesResult);
