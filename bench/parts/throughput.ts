import { formatRate } from '../../src/tools/output.js';
import type { Field } from '../contestants/field.js';
import { CLAIMS, DOORBELL, HERMES, NATIVE, PEERS, UNIX_SOCKET } from '../contestants/names.js';
import { type Bench, PAYLOAD_LENGTH } from '../harness/bench.js';
import type { Sending } from '../harness/contestant.js';
import { workloadFor } from '../harness/measured-run.js';
import { interleave, type Recorded, recorded } from '../harness/rounds.js';
import { ratiosOf, spreadOf } from '../harness/statistics.js';
import { barChart } from '../report/bar-chart.js';
import type { GoalId } from '../report/goals.js';
import type { Finding, Section } from '../report/section.js';
import { spreadText, timesText } from '../report/spread-text.js';
import { type Part, part } from './part.js';

interface Wording {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly highlight: string;
  /** What the document begins with; undefined where it was not measured. */
  lead(figures: Readonly<Record<string, string>>, timesOf: (name: string) => string): string | undefined;
  readonly limit: GoalId;
  readonly peers: GoalId;
}

const WORDINGS: Readonly<Record<Sending, Wording>> = {
  one: {
    name: 'throughput',
    title: 'Throughput, a call per message',
    text: 'The sender hands over one message of 64 bytes at a time, each published by itself: `offer` of Hermes, a write, a send, a publish of the others.',
    highlight: 'messages a second, one call each',
    lead: (figures, timesOf) =>
      [HERMES, NATIVE, UNIX_SOCKET].every((name) => name in figures)
        ? `Hermes carries ${figures[HERMES]} messages of 64 bytes a second from one process to another, one call each: ${timesOf(UNIX_SOCKET)} as many as a Unix domain socket, ${timesOf(NATIVE)} as many as a ring in C++ that does nothing else.`
        : undefined,
    limit: 'offer',
    peers: 'peers-one',
  },
  batch: {
    name: 'batches',
    title: 'Throughput, many messages at a time',
    text: 'The same, but each contestant sends many messages of 64 bytes at once, in the best way that it has. A contestant without one gets chunks of 64 KiB: the sender packs messages into them, each after its length, and the receiver cuts them up again.',
    highlight: 'messages a second, many at a time',
    lead: (figures) =>
      HERMES in figures && CLAIMS in figures
        ? `Published 16 at a time it carries ${figures[HERMES]}, and ${figures[CLAIMS]} when they are written in place (\`tryClaim\`).`
        : undefined,
    limit: 'batch',
    peers: 'peers-batch',
  },
};

/** Everybody's messages a second. */
export function throughputPart(sending: Sending): Part {
  const wording = WORDINGS[sending];
  return part(
    wording.name,
    (bench, field) => compare(bench, field, sending, wording.name),
    (data) => present(data, wording),
  );
}

async function compare(bench: Bench, field: Field, sending: Sending, name: string): Promise<Recorded<number>> {
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
  return recorded(await interleave(bench, name, entries));
}

function present({ samples, failures }: Recorded<number>, wording: Wording): Section {
  const ours = samples[HERMES] ?? [];
  const all = Object.entries(samples);
  const rows = all.map(([name, rates]) => [
    name,
    spreadText(spreadOf(rates), formatRate),
    name === HERMES ? '' : spreadText(spreadOf(ratiosOf(ours, rates)), timesText),
  ]);
  const findings: Finding[] = all.flatMap(([name, rates]): Finding[] => {
    if (name === NATIVE) return limitFindings(samples, wording.limit, rates);
    return PEERS.includes(name) ? [{ goal: wording.peers, of: name, spread: spreadOf(ratiosOf(ours, rates)) }] : [];
  });
  const figures = Object.fromEntries(all.map(([name, rates]) => [name, formatRate(spreadOf(rates).median)]));
  const claims = figures[CLAIMS];
  const sleeping = figures[DOORBELL];
  return {
    name: wording.name,
    title: wording.title,
    text: [
      wording.text,
      ...Object.entries(failures).map(([name, reason]) => `Could not be measured: ${name} (${reason}).`),
    ],
    tables: [{ header: ['contestant', 'messages a second', 'Hermes carries'], rows }],
    charts: [
      {
        file: `${wording.name}.svg`,
        alt: `${wording.title}: messages a second of each contestant`,
        svg: barChart({
          title: wording.title,
          subtitle: '64-byte payloads, messages a second, logarithmic: the more, the better',
          bars: all.map(([label, rates]) => ({ label, ...spreadOf(rates) })),
          format: formatRate,
        }),
      },
    ],
    findings,
    lead: wording.lead(figures, (name) => timesText(spreadOf(ratiosOf(ours, samples[name] ?? [])).median)),
    highlight: { what: wording.highlight, figures },
    notes:
      claims !== undefined || sleeping === undefined
        ? []
        : [
            `With consumers that sleep instead of spinning, Hermes carries ${sleeping} messages a second, one call each.`,
          ],
  };
}

/** How Hermes does against the native limit; both of its ways where there are two. */
function limitFindings(samples: Recorded<number>['samples'], goal: GoalId, limit: readonly number[]): Finding[] {
  const against = (rates: readonly number[]) => spreadOf(ratiosOf(rates, limit));
  const [ours, claims] = [samples[HERMES]!, samples[CLAIMS]];
  if (claims === undefined) return [{ goal, spread: against(ours) }];
  return [
    { goal, of: 'claims', spread: against(claims) },
    { goal, of: '`offerBatch`', spread: against(ours) },
  ];
}
