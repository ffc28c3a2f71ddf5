import { formatRate } from '../../src/tools/output.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import { CLAIMS, DOORBELL, HERMES, NATIVE, PEERS, type Sending, UNIX_SOCKET } from '../contestants/contestant.js';
import type { Field } from '../contestants/field.js';
import { barChart } from '../report/charts.js';
import type { Finding, GoalId } from '../report/goals.js';
import type { Section } from '../report/section.js';
import { type Bench, PAYLOAD_LENGTH, workloadFor } from '../runner/bench.js';
import { interleave, type Recorded, ratiosOf, recorded, spreadOf, spreadText, timesText } from '../runner/rounds.js';
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
    (data) => presentRates(data, wording),
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

function presentRates({ samples, failures }: Recorded<number>, wording: Wording): Section {
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

interface Trips {
  readonly p50Ns: number;
  readonly p99Ns: number;
}

/** Everybody's round trips. */
export const pingPongPart: Part = part(
  'ping-pong',
  async (bench, field) => {
    const entries = field.contestants.map((contestant) => ({
      key: contestant.name,
      async measure(previous: Trips | undefined): Promise<Trips> {
        const pace = contestant.pace.roundTrips;
        const previousPace = previous === undefined ? pace : Math.min(1e9 / previous.p50Ns, pace);
        const workload = workloadFor(PAYLOAD_LENGTH, bench.profile.comparisonSeconds, pace, previousPace);
        const histogram = await contestant.roundTrips(workload);
        return { p50Ns: latencyAtPercentile(histogram, 50), p99Ns: latencyAtPercentile(histogram, 99) };
      },
    }));
    return recorded(await interleave(bench, 'ping-pong', entries));
  },
  presentTrips,
);

function presentTrips({ samples, failures }: Recorded<Trips>): Section {
  const p50Of = (name: string) => (samples[name] ?? []).map(({ p50Ns }) => p50Ns);
  const p99Of = (name: string) => (samples[name] ?? []).map(({ p99Ns }) => p99Ns);
  const names = Object.keys(samples);
  const ours = p50Of(HERMES);
  const rows = names.map((name) => [
    name,
    spreadText(spreadOf(p50Of(name)), formatNs),
    spreadText(spreadOf(p99Of(name)), formatNs),
    name === HERMES ? '' : spreadText(spreadOf(ratiosOf(p50Of(name), ours)), timesText),
  ]);
  const findings: Finding[] = names.flatMap((name): Finding[] => {
    if (name === NATIVE) return [{ goal: 'ping-pong', spread: spreadOf(ratiosOf(ours, p50Of(name))) }];
    if (!PEERS.includes(name)) return [];
    return [{ goal: 'peers-ping-pong', of: name, spread: spreadOf(ratiosOf(p50Of(name), ours)) }];
  });
  const bars = names.map((label) => ({ label, ...spreadOf(p50Of(label)), mark: spreadOf(p99Of(label)).median }));
  const median = (name: string) => formatNs(spreadOf(p50Of(name)).median);
  return {
    name: 'ping-pong',
    title: 'Round trips',
    text: [
      'One message of 64 bytes goes there, the other process sends it back, and only then goes the next. The rings spin; all others, and Hermes with its doorbell, sleep and are woken by the kernel.',
      ...Object.entries(failures).map(([name, reason]) => `Could not be measured: ${name} (${reason}).`),
    ],
    tables: [{ header: ['contestant', 'p50', 'p99', 'its p50 against that of Hermes'], rows }],
    charts: [
      {
        file: 'ping-pong.svg',
        alt: 'Round trips: p50 and p99 of each contestant',
        svg: barChart({
          title: 'Round trips',
          subtitle: '64-byte payloads, logarithmic: the shorter, the better; bar and figure: p50, circle: p99',
          bars,
          format: formatNs,
        }),
      },
    ],
    findings,
    lead:
      samples[HERMES] === undefined || samples[UNIX_SOCKET] === undefined
        ? undefined
        : `A message goes there and back in ${median(HERMES)} (p50; p99 ${formatNs(spreadOf(p99Of(HERMES)).median)}), where a Unix domain socket takes ${median(UNIX_SOCKET)}.`,
    highlight: { what: 'round trip, p50', figures: Object.fromEntries(names.map((name) => [name, median(name)])) },
    notes:
      samples[DOORBELL] === undefined
        ? []
        : [`When both ends sleep between messages and are woken, a round trip takes ${median(DOORBELL)} (p50).`],
  };
}
