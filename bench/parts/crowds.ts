import { availableParallelism } from 'node:os';
import { attachConsumer, attachProducer, type Message } from 'hermes-ipc';
import { Backoff } from '../../src/tools/bench/backoff.js';
import { awaitStart, runChildren } from '../../src/tools/bench/child.js';
import { leaseSegment } from '../../src/tools/bench/segment-lease.js';
import { formatRate } from '../../src/tools/output.js';
import { VerificationError } from '../contestants/contestant.js';
import { type Colour, lineChart } from '../report/charts.js';
import type { Section } from '../report/section.js';
import { type Bench, PAYLOAD_LENGTH, RING_CAPACITY } from '../runner/bench.js';
import { OutgoingPayload, PayloadVerifier } from '../runner/payload.js';
import { startRole } from '../runner/role.js';
import { interleave, type Recorded, recorded } from '../runner/rounds.js';
import { curveOf, curveTable, type Part, part, pointKey } from './part.js';

/** Messages that one producer is expected to publish in a second. */
const PACE = 3_000_000;
const WARM_UP_SHARE = 0.5;

interface Crowd {
  readonly label: string;
  readonly colour: Colour;
  /** Producers, groups and members when `count` of one kind take part. */
  shape(count: number): { readonly producers: number; readonly maxGroups: number; readonly members: number };
  readonly shared: boolean;
}

const CROWDS: readonly Crowd[] = [
  {
    label: 'producers',
    colour: 'shade3',
    shared: false,
    shape: (count) => ({ producers: count, maxGroups: 1, members: 1 }),
  },
  {
    label: 'groups',
    colour: 'shade1',
    shared: false,
    shape: (count) => ({ producers: 1, maxGroups: count, members: 1 }),
  },
  {
    label: 'members of a shared group',
    colour: 'shade0',
    shared: true,
    shape: (count) => ({ producers: 1, maxGroups: 1, members: count }),
  },
];

/** What many of a kind cost. */
export const crowdsPart: Part = part(
  'crowds',
  async (bench) => {
    const entries = bench.profile.crowds.flatMap((count) =>
      CROWDS.map((crowd) => ({
        key: pointKey(crowd.label, count),
        measure: () => publishedPerSecond(bench, crowd, count),
      })),
    );
    return recorded(await interleave(bench, 'crowds', entries, bench.profile.curveRounds));
  },
  present,
);

function present(data: Recorded<number>): Section {
  const series = CROWDS.map(({ label, colour }) => curveOf(data, label, colour));
  const title = 'Producers, groups and members';
  return {
    name: 'crowds',
    title,
    text: [
      'Messages of 64 bytes published in a second, all producers together, a call per message: by many producers to one group; by one producer to many groups, each of which gets every message (the slowest counts); by one producer to many members of a work queue, which share them. Each is a process of its own; from three on they share the two cores of this machine.',
    ],
    tables: [curveTable('how many', series, String, formatRate)],
    charts: [
      {
        file: 'crowds.svg',
        alt: 'Messages a second by producers, groups and members',
        svg: lineChart({
          title,
          subtitle: 'Hermes alone; 64-byte payloads, messages published in a second',
          xLabel: 'how many',
          series,
          formatX: String,
          formatY: formatRate,
        }),
      },
    ],
    findings: [],
  };
}

async function publishedPerSecond(bench: Bench, { label, shape, shared }: Crowd, count: number): Promise<number> {
  const { producers, maxGroups, members } = shape(count);
  const { directory } = bench.scratch;
  using segment = leaseSegment({
    directory,
    producers,
    maxGroups,
    members,
    shared,
    capacity: RING_CAPACITY,
    timestamps: false,
  });
  const messageCount = Math.round((PACE * bench.profile.pointSeconds) / count);
  const consumerCount = shared ? members : maxGroups;
  const expected = messageCount * producers;
  // How many come to each member is not known before.
  const warmUpCount = shared ? 0 : Math.floor(expected * WARM_UP_SHARE);
  const task = (end: CrowdTask['end'], index: number): CrowdTask => ({
    end,
    segment: segment.name,
    directory,
    group: index === 0 || shared ? 'default' : `group-${index}`,
    shared,
    payloadLength: PAYLOAD_LENGTH,
    messageCount,
    producerCount: producers,
    warmUpCount,
    maySleep: producers + consumerCount > availableParallelism(),
  });
  const start = (end: CrowdTask['end'], many: number) =>
    Array.from({ length: many }, (_, index) => startRole<CrowdResult>('crowd', task(end, index)));
  const children = [...start('consumer', consumerCount), ...start('producer', producers)];
  const consumers = (await runChildren(children, bench.interrupted)).slice(0, consumerCount);
  const received = consumers.map((result) => result.received);
  const isComplete = shared
    ? received.reduce((a, b) => a + b) === expected
    : received.every((each) => each === expected);
  if (!isComplete || consumers.some(({ faults }) => faults > 0)) {
    throw new VerificationError(`${count} ${label}: ${received} messages arrived of ${expected}, or some were wrong`);
  }
  const seconds = (start: bigint, end: bigint) => Number(end - start) / 1e9;
  if (!shared) {
    return Math.min(...consumers.map(({ startNs, endNs }) => (expected - warmUpCount) / seconds(startNs, endNs)));
  }
  const busy = consumers.filter((member) => member.received > 0);
  const [firstNs] = busy.map(({ startNs }) => startNs).sort((a, b) => Number(a - b));
  return expected / seconds(firstNs!, busy.map(({ endNs }) => endNs).sort((a, b) => Number(b - a))[0]!);
}

/** One of many on a segment: several producers, groups, or members of a group. */
interface CrowdTask {
  readonly end: 'producer' | 'consumer';
  readonly segment: string;
  readonly directory: string;
  readonly group: string;
  /** The group is a work queue: nobody knows how many messages come to each. */
  readonly shared: boolean;
  readonly payloadLength: number;
  /** Of each producer. */
  readonly messageCount: number;
  readonly producerCount: number;
  /** Of a consumer. */
  readonly warmUpCount: number;
  /** More processes than cores: whoever waits makes room. */
  readonly maySleep: boolean;
}

/** Of a consumer; a producer's is zeros. */
interface CrowdResult {
  readonly received: number;
  readonly faults: number;
  /** Of the first message after the warm-up and of the last: the monotonic clock, nanoseconds. */
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** Polls in vain between two looks whether there is anything to wait for, each of which makes system calls. */
const IDLE_POLLS_PER_LOOK = 1000;

/** Plays one of them, as a process of its own. */
export function oneOfCrowd(task: CrowdTask): Promise<CrowdResult> {
  return task.end === 'producer' ? produce(task) : consume(task);
}

async function produce(task: CrowdTask): Promise<CrowdResult> {
  const backoff = new Backoff(task.maySleep);
  const producer = attachProducer(task.segment, { directory: task.directory });
  const payload = new OutgoingPayload(task.payloadLength);
  await awaitStart();
  for (let number = 0; number < task.messageCount; number++) {
    payload.write(number);
    while (producer.offer(payload.bytes) < 0) backoff.wait();
    backoff.reset();
  }
  producer.detach(); // so that the queue is known to be drained
  return { received: 0, faults: 0, startNs: 0n, endNs: 0n };
}

async function consume(task: CrowdTask): Promise<CrowdResult> {
  const { directory, segment, group } = task;
  const backoff = new Backoff(task.maySleep);
  const consumer = attachConsumer(segment, { directory, group });
  const expected = task.messageCount * task.producerCount;
  const verifier = new PayloadVerifier();
  const next = new Array<number>(256).fill(0);
  let [received, faults, startNs, endNs] = [0, 0, 0n, 0n];
  const take = (message: Message) => {
    const { lane, sequence } = message;
    if (!task.shared && sequence !== next[lane]) faults++;
    if (!verifier.isSound(message.buffer, message.offset, message.length, sequence)) faults++;
    next[lane] = sequence + 1;
    if (received === task.warmUpCount) startNs = process.hrtime.bigint();
    received++;
  };
  await awaitStart();
  for (let idlePolls = 0; task.shared || received < expected; ) {
    if (consumer.poll(take) > 0) {
      backoff.reset();
      idlePolls = 0;
      if (task.shared) endNs = process.hrtime.bigint();
    } else {
      backoff.wait();
      if (task.shared && ++idlePolls % IDLE_POLLS_PER_LOOK === 0 && consumer.isDrained()) break;
    }
  }
  if (!task.shared) endNs = process.hrtime.bigint();
  return { received, faults, startNs, endNs };
}
