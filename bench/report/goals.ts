import { formatNs } from '../../src/tools/report/duration-format.js';
import type { Finding, Table } from './section.js';
import { spreadText } from './spread-text.js';

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

/** What Hermes is to reach: 64-byte payloads, 32-byte headers, everything interleaved in one run; medians. */
const GOALS: Readonly<Record<GoalId, Goal>> = {
  offer: {
    what: '`offer`, a publish per message, against the C++ ring with a release store per message',
    goal: '≥ 0.50',
    isReached: atLeast(0.5),
    format: ratio,
  },
  batch: {
    what: '`offerBatch` or claims published per 16, against the C++ ring',
    goal: '≥ 0.85',
    isReached: atLeast(0.85),
    format: ratio,
  },
  'ping-pong': { what: 'ping-pong p50 against C++', goal: '≤ 1.10 ×', isReached: atMost(1.1), format: ratio },
  'large-payloads': {
    what: 'payloads of 4 KiB and more, bytes a second against C++ memcpy through the same ring',
    goal: '≥ 0.95',
    isReached: atLeast(0.95),
    format: ratio,
  },
  'peers-one': {
    what: `throughput, a call per message, against ${PEERS}`,
    goal: '≥ 20 ×',
    isReached: atLeast(20),
    format: ratio,
  },
  'peers-batch': {
    what: '`offerBatch` against the best batching of each of them',
    goal: '≥ 4 ×',
    isReached: atLeast(4),
    format: ratio,
  },
  'peers-ping-pong': {
    what: 'ping-pong p50 (spin) against each of them: how many times as long they take',
    goal: '≥ 200 × (at most 1/200)',
    isReached: atLeast(200),
    format: ratio,
  },
  'one-way': {
    what: "one-way p99 at 100 K messages/s, spin, where the cores are near (beside the machine's own ping-pong)",
    goal: '< 2 µs',
    isReached: (median) => median < 2000,
    format: formatNs,
  },
  'encode-crc': { what: 'encode with CRC, 64 B', goal: '≤ 40 ns', isReached: atMost(40), format: formatNs },
  encode: { what: 'encode without CRC, 64 B', goal: '≤ 15 ns', isReached: atMost(15), format: formatNs },
  'idle-lanes': {
    what: 'cost of 255 idle lanes, per poll, against that of one lane',
    goal: '≤ 1.3 ×',
    isReached: atMost(1.3),
    format: ratio,
  },
  heap: {
    what: 'heap allocation per message, both sides',
    goal: '0',
    isReached: (median) => median === 0,
    format: (bytes) => `${Number(bytes.toPrecision(2))} B`,
  },
};

/** One row a goal; a goal with several findings is reached when all are. */
export function goalsTable(findings: readonly Finding[]): Table {
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
  return { header: ['goal', 'at', 'measured: median (min–max)', 'reached'], rows };
}
