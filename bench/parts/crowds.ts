import { availableParallelism } from 'node:os';
import { runChildren, startChild } from '../../src/tools/bench/child.js';
import { leaseSegment } from '../../src/tools/bench/segment-lease.js';
import { formatRate } from '../../src/tools/output.js';
import { type Bench, PAYLOAD_LENGTH, RING_CAPACITY } from '../harness/bench.js';
import { VerificationError } from '../harness/contestant.js';
import { interleave, type Recorded, recorded } from '../harness/rounds.js';
import type { Colour } from '../report/colours.js';
import { lineChart } from '../report/line-chart.js';
import type { Section } from '../report/section.js';
import type { CrowdResult, CrowdTask } from '../rings/crowd-child.js';
import { curveOf, curveTable, pointKey } from './curve.js';
import { type Part, part } from './part.js';

const CHILD = new URL('../rings/crowd-child.js', import.meta.url);
/** What one producer is taken to publish in a second. */
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
  const task = (role: CrowdTask['role'], index: number): CrowdTask => ({
    role,
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
  const start = (role: CrowdTask['role'], many: number) =>
    Array.from({ length: many }, (_, index) => startChild<CrowdResult>(CHILD, task(role, index)));
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
