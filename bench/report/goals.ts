import { formatNs } from '../../src/tools/report/duration-format.js';
import { type Spread, spreadText } from '../runner/rounds.js';

interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly isReached: (median: number) => boolean;
  readonly format: (value: number) => string;
}

const ratio = (value: number): string => (value >= 99.5 ? `${Math.round(value)} ×` : `${value.toPrecision(3)} ×`);
const atLeast = (least: number) => (median: number) => median >= least;
const atMost = (most: number) => (median: number) => median <= most;
const PEERS = 'a Unix domain socket (a write per message), zeromq, MessagePort, NATS, Redis';

export type GoalId =
  | 'offer'
  | 'batch'
  | 'ping-pong'
  | 'large-payloads'
  | 'peers-one'
  | 'peers-batch'
  | 'peers-ping-pong'
  | 'one-way'
  | 'encode-crc'
  | 'encode'
  | 'idle-lanes'
  | 'heap';

/** What the project's designers want Hermes to reach: 64-byte payloads, everything interleaved in one run; medians. */
const GOALS: Readonly<Record<GoalId, Goal>> = {
  offer: {
    what: 'messages a second of `offer`, which publishes each message by itself, against the C++ ring that does the same',
    goal: '≥ 0.50 ×',
    isReached: atLeast(0.5),
    format: ratio,
  },
  batch: {
    what: 'messages a second published 16 at a time (`offerBatch`, or claims that are written in place), against the C++ ring that publishes 16 at a time',
    goal: '≥ 0.85 ×',
    isReached: atLeast(0.85),
    format: ratio,
  },
  'ping-pong': {
    what: 'round trip, p50, against the C++ ring',
    goal: '≤ 1.10 ×',
    isReached: atMost(1.1),
    format: ratio,
  },
  'large-payloads': {
    what: 'bytes a second with payloads of 4 KiB and more, against the C++ ring',
    goal: '≥ 0.95 ×',
    isReached: atLeast(0.95),
    format: ratio,
  },
  'peers-one': {
    what: `messages a second, a call per message, against ${PEERS}`,
    goal: '≥ 20 ×',
    isReached: atLeast(20),
    format: ratio,
  },
  'peers-batch': {
    what: 'messages a second of `offerBatch`, 16 at a time, against the best way of each of them to send many',
    goal: '≥ 4 ×',
    isReached: atLeast(4),
    format: ratio,
  },
  'peers-ping-pong': {
    what: 'round trip, p50: how many times as long each of them takes as Hermes that spins',
    goal: '≥ 200 ×',
    isReached: atLeast(200),
    format: ratio,
  },
  'one-way': {
    what: 'one way at 100,000 messages a second, p99, both ends spin',
    goal: '< 2 µs',
    isReached: (median) => median < 2000,
    format: formatNs,
  },
  'encode-crc': {
    what: 'writing a message of 64 bytes into the ring, with a CRC-32',
    goal: '≤ 40 ns',
    isReached: atMost(40),
    format: formatNs,
  },
  encode: { what: 'the same without CRC-32', goal: '≤ 15 ns', isReached: atMost(15), format: formatNs },
  'idle-lanes': {
    what: 'a poll of a segment with 255 idle lanes, against one without',
    goal: '≤ 1.3 ×',
    isReached: atMost(1.3),
    format: ratio,
  },
  heap: {
    what: 'heap that a message takes, both sides together, over 50 million messages',
    goal: '0',
    isReached: (median) => median === 0,
    format: (bytes) => `${Number(bytes.toPrecision(2))} B`,
  },
};

/** What was measured of one of the goals. */
export interface Finding {
  readonly goal: GoalId;
  /** Against whom, or at what, where a goal has several. */
  readonly of?: string;
  readonly spread: Spread;
}

/** One row a goal; a goal with several findings is reached when all are. */
export function goalsTable(findings: readonly Finding[]): { readonly header: string[]; readonly rows: string[][] } {
  const rows = Object.entries(GOALS).map(([id, { what, goal, isReached, format }]) => {
    const own = findings.filter((finding) => finding.goal === id);
    const measured = own.map(({ of, spread }) => (of === undefined ? '' : `${of}: `) + spreadText(spread, format));
    const missed = own.filter(({ spread }) => !isReached(spread.median)).length;
    const verdict =
      own.length === 0
        ? 'not measured'
        : missed === 0
          ? 'yes'
          : own.length === 1
            ? 'no'
            : `no: ${missed} of ${own.length} missed`;
    return [what, goal, measured.join('; ') || '—', verdict];
  });
  return { header: ['goal', 'at', 'measured: median (least–greatest)', 'reached'], rows };
}
