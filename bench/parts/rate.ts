import { measureLatency } from '../../src/tools/bench/latency.js';
import { formatCount } from '../../src/tools/output.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { type LatencyHistogram, latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import { PAYLOAD_LENGTH } from '../harness/bench.js';
import { VerificationError } from '../harness/contestant.js';
import { interleave } from '../harness/rounds.js';
import { spreadOf } from '../harness/statistics.js';
import { lineChart } from '../report/line-chart.js';
import type { Finding } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';
import type { Part } from './part.js';

const PERCENTILES = [50, 90, 99, 99.9];
/** Enough for a 99.9th percentile. */
const LEAST_COUNT = 2000;
const LEAST_WARM_UP_COUNT = 1000;
const WARM_UP_SECONDS = 0.05;
const GOAL_RATE = 100_000;

/** Latency one way, by how many messages are sent a second. */
export const ratePart: Part = {
  name: 'rate',
  async run(bench, _field) {
    const { rates, pointSeconds } = bench.profile;
    const entries = rates.map((rate) => ({
      key: `${rate}`,
      async measure(): Promise<LatencyHistogram> {
        const { histogram, lost } = await measureLatency({
          mode: 'one-way',
          payloadLength: PAYLOAD_LENGTH,
          messageCount: Math.max(rate * pointSeconds, LEAST_COUNT),
          warmUpCount: Math.max(rate * WARM_UP_SECONDS, LEAST_WARM_UP_COUNT),
          rate,
          checksum: false,
          timestamps: false,
          directory: bench.scratch.directory,
          interrupted: bench.interrupted,
        });
        if (lost > 0) throw new VerificationError(`${lost} messages did not come in their turn`);
        return histogram;
      },
    }));
    const { samples } = await interleave(bench, 'rate', entries, bench.profile.curveRounds);
    const at = (rate: number, percentile: number) =>
      spreadOf(samples.get(`${rate}`)!.map((histogram) => latencyAtPercentile(histogram, percentile)));
    const measured = rates.filter((rate) => samples.has(`${rate}`));
    const series = PERCENTILES.map((percentile) => ({
      label: `p${percentile}`,
      points: measured.map((x) => ({ x, ...at(x, percentile) })),
    }));
    const findings: Finding[] = measured.includes(GOAL_RATE) ? [{ goal: 'one-way', spread: at(GOAL_RATE, 99) }] : [];
    return {
      name: 'rate',
      title: 'Latency one way, by rate',
      text: [
        'The sender spins until a message is due, and the receiver until one is there. A latency counts from when its message was due, not from when it could be sent: a sender that is held up does not hide what its messages suffered (coordinated omission). Where the rate is more than Hermes and the clock reads around it can carry, the queue grows and so does every percentile: the knee.',
      ],
      tables: [
        {
          header: ['messages a second', ...PERCENTILES.map((percentile) => `p${percentile}`)],
          rows: measured.map((rate) => [
            formatCount(rate),
            ...PERCENTILES.map((p) => spreadText(at(rate, p), formatNs)),
          ]),
        },
      ],
      charts: [
        {
          file: 'rate.svg',
          alt: 'Percentiles of the latency one way by rate',
          svg: lineChart({
            title: 'Latency one way, by rate',
            subtitle: '64-byte payloads, both ends spin, from when a message was due',
            xLabel: 'messages a second',
            series,
            formatX: formatCount,
            formatY: formatNs,
          }),
        },
      ],
      findings,
      data: Object.fromEntries(
        measured.map((rate) => [rate, PERCENTILES.map((p) => ({ percentile: p, ns: at(rate, p) }))]),
      ),
    };
  },
};
