import { formatNs } from '../../src/tools/report/duration-format.js';
import { latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import { DOORBELL, HERMES, NATIVE, PEERS, UNIX_SOCKET } from '../contestants/names.js';
import { PAYLOAD_LENGTH } from '../harness/bench.js';
import { workloadFor } from '../harness/measured-run.js';
import { interleave, type Recorded, recorded } from '../harness/rounds.js';
import { ratiosOf, spreadOf } from '../harness/statistics.js';
import { barChart } from '../report/bar-chart.js';
import type { Finding, Section } from '../report/section.js';
import { spreadText, timesText } from '../report/spread-text.js';
import { type Part, part } from './part.js';

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
  present,
);

function present({ samples, failures }: Recorded<Trips>): Section {
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
