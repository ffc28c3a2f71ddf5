import { formatNs } from '../../src/tools/report/duration-format.js';
import { LatencyHistogram, latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import { latencySvg } from '../../src/tools/report/latency-svg.js';
import { PAYLOAD_LENGTH } from '../harness/bench.js';
import { workloadFor } from '../harness/measured-run.js';
import { interleave } from '../harness/rounds.js';
import { ratiosOf, spreadOf } from '../harness/statistics.js';
import type { Finding } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';
import type { Part } from './part.js';
import { PEERS } from './throughput.js';

/** As many curves as the chart has colours. */
const CHARTED_MOST = 6;

interface Trips {
  readonly histogram: LatencyHistogram;
  readonly p50Ns: number;
  readonly p99Ns: number;
}

/** Everybody's round trips. */
export const pingPongPart: Part = {
  name: 'ping-pong',
  async run(bench, field) {
    const entries = field.contestants.map((contestant) => ({
      key: contestant.name,
      async measure(previous: Trips | undefined): Promise<Trips> {
        const pace = contestant.pace.roundTrips;
        const previousPace = previous === undefined ? pace : Math.min(1e9 / previous.p50Ns, pace);
        const workload = workloadFor(PAYLOAD_LENGTH, bench.profile.comparisonSeconds, pace, previousPace);
        const histogram = await contestant.roundTrips(workload);
        return { histogram, p50Ns: latencyAtPercentile(histogram, 50), p99Ns: latencyAtPercentile(histogram, 99) };
      },
    }));
    const { samples, failures } = await interleave(bench, 'ping-pong', entries);
    const p50Of = (name: string) => (samples.get(name) ?? []).map(({ p50Ns }) => p50Ns);
    const ours = p50Of(field.hermes.name);
    const times = (value: number) => `${value >= 9.95 ? value.toFixed(0) : value.toFixed(2)} ×`;
    const rows = [...samples].map(([name, trips]) => [
      name,
      spreadText(spreadOf(p50Of(name)), formatNs),
      spreadText(spreadOf(trips.map(({ p99Ns }) => p99Ns)), formatNs),
      name === field.hermes.name ? '' : spreadText(spreadOf(ratiosOf(p50Of(name), ours)), times),
    ]);
    const findings: Finding[] = [...samples.keys()].flatMap((name): Finding[] => {
      if (name === field.native?.name) return [{ goal: 'ping-pong', spread: spreadOf(ratiosOf(ours, p50Of(name))) }];
      if (!PEERS.includes(name)) return [];
      return [{ goal: 'peers-ping-pong', of: name, spread: spreadOf(ratiosOf(p50Of(name), ours)) }];
    });
    const charted = [field.hermes.name, ...(field.native ? [field.native.name] : []), ...PEERS]
      .filter((name) => samples.has(name))
      .slice(0, CHARTED_MOST)
      .map((label) => ({ label, histogram: sum(samples.get(label)!.map(({ histogram }) => histogram)) }));
    return {
      name: 'ping-pong',
      title: 'Round trips',
      text: [
        'One message of 64 bytes goes there, the other process sends it back, and only then goes the next. Rings spin; everybody else is woken by the kernel.',
        ...[...failures].map(([name, reason]) => `Could not be measured: ${name} (${reason}).`),
      ],
      tables: [{ header: ['contestant', 'p50', 'p99', 'p50 takes, of Hermes’s'], rows }],
      charts: [
        {
          file: 'ping-pong.svg',
          alt: 'Percentiles of round trips of Hermes and others',
          svg: latencySvg(charted, { title: 'Round trips', details: ['64-byte payloads', 'all rounds together'] }),
        },
      ],
      findings,
      data: Object.fromEntries(
        [...samples].map(([name, trips]) => [name, trips.map(({ p50Ns, p99Ns }) => ({ p50Ns, p99Ns }))]),
      ),
    };
  },
};

function sum(histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const total = new LatencyHistogram();
  for (const histogram of histograms) total.add(histogram);
  return total;
}
