import { formatRate } from '../../src/tools/output.js';
import { type Field, MESSAGE_PORT, NATS, REDIS, UNIX_SOCKET, ZEROMQ } from '../contestants/field.js';
import { type Bench, PAYLOAD_LENGTH } from '../harness/bench.js';
import type { Sending } from '../harness/contestant.js';
import { workloadFor } from '../harness/measured-run.js';
import { interleave } from '../harness/rounds.js';
import { ratiosOf, spreadOf } from '../harness/statistics.js';
import { barChart } from '../report/bar-chart.js';
import type { GoalId } from '../report/goals.js';
import type { Finding, Section } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';
import type { Part } from './part.js';

/** The contestants that the goals name. */
export const PEERS: readonly string[] = [UNIX_SOCKET, ZEROMQ, MESSAGE_PORT, NATS, REDIS];

interface Wording {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly limit: GoalId;
  readonly peers: GoalId;
}

const WORDINGS: Readonly<Record<Sending, Wording>> = {
  one: {
    name: 'throughput',
    title: 'Throughput, a call per message',
    text: 'The sender hands over one message of 64 bytes at a time, each published by itself: `offer` of Hermes, a write, a send, a publish of the others.',
    limit: 'offer',
    peers: 'peers-one',
  },
  batch: {
    name: 'batches',
    title: 'Throughput, many messages at a time',
    text: 'The same with each contestant’s best way to send many messages of 64 bytes at once. Whoever has no better one gets chunks of 64 KiB, in which the sender packs messages after their lengths, and which the receiver cuts up again.',
    limit: 'batch',
    peers: 'peers-batch',
  },
};

/** Everybody's messages a second. */
export function throughputPart(sending: Sending): Part {
  const { name } = WORDINGS[sending];
  return { name, run: (bench, field) => compare(bench, field, sending, WORDINGS[sending]) };
}

/** How Hermes does against the native limit; both of its ways where there are two. */
function limitFindings(
  { hermes, claims }: Field,
  samples: ReadonlyMap<string, readonly number[]>,
  goal: GoalId,
  limit: readonly number[],
): Finding[] {
  const against = (name: string) => spreadOf(ratiosOf(samples.get(name)!, limit));
  if (!samples.has(claims.name)) return [{ goal, spread: against(hermes.name) }];
  return [
    { goal, of: 'claims', spread: against(claims.name) },
    { goal, of: '`offerBatch`', spread: against(hermes.name) },
  ];
}

async function compare(bench: Bench, field: Field, sending: Sending, wording: Wording): Promise<Section> {
  const contestants = sending === 'one' ? field.contestants : field.batching;
  const entries = contestants.map((contestant) => ({
    key: contestant.name,
    measure(previous: number | undefined) {
      const pace = sending === 'one' ? contestant.pace.messages : contestant.pace.batched;
      return contestant.throughput(
        workloadFor(PAYLOAD_LENGTH, bench.profile.comparisonSeconds, pace, previous),
        sending,
      );
    },
  }));
  const { samples, failures } = await interleave(bench, wording.name, entries);
  const ours = samples.get(field.hermes.name) ?? [];
  const times = (value: number) => `${value >= 9.95 ? value.toFixed(0) : value.toFixed(2)} ×`;
  const rows = [...samples].map(([name, rates]) => [
    name,
    spreadText(spreadOf(rates), formatRate),
    name === field.hermes.name ? '' : spreadText(spreadOf(ratiosOf(ours, rates)), times),
  ]);
  const findings: Finding[] = [...samples].flatMap(([name, rates]): Finding[] => {
    const spread = spreadOf(ratiosOf(ours, rates));
    if (name === field.native?.name) return limitFindings(field, samples, wording.limit, rates);
    return PEERS.includes(name) ? [{ goal: wording.peers, of: name, spread }] : [];
  });
  const bars = [...samples].map(([label, rates]) => ({ label, ...spreadOf(rates) }));
  return {
    name: wording.name,
    title: wording.title,
    text: [wording.text, ...[...failures].map(([name, reason]) => `Could not be measured: ${name} (${reason}).`)],
    tables: [{ header: ['contestant', 'messages a second', 'Hermes carries'], rows }],
    charts: [
      {
        file: `${wording.name}.svg`,
        alt: `${wording.title}: messages a second of each contestant`,
        svg: barChart({
          title: wording.title,
          subtitle: `64-byte payloads, messages a second, logarithmic`,
          bars,
          format: formatRate,
        }),
      },
    ],
    findings,
    data: Object.fromEntries(samples),
  };
}
