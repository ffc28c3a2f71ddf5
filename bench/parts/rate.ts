import { startChild } from '../../src/tools/bench/child.js';
import { formatCount, formatRate } from '../../src/tools/output.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { type LatencyHistogram, latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import { type Bench, PAYLOAD_LENGTH } from '../harness/bench.js';
import { clockOrigin } from '../harness/clock.js';
import { histogramOf, runMeasuring } from '../harness/pair.js';
import { leaseRing } from '../harness/ring-lease.js';
import { interleave } from '../harness/rounds.js';
import { type Spread, spreadOf } from '../harness/statistics.js';
import { type Colour, SHADES } from '../report/colours.js';
import { type LineSeries, lineChart } from '../report/line-chart.js';
import type { Finding, Section } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';
import type { RateTask } from '../rings/rate-child.js';
import { pointKey, xsOf } from './curve.js';
import { type Part, part } from './part.js';

const CHILD = new URL('../rings/rate-child.js', import.meta.url);

const PERCENTILES = [50, 90, 99, 99.9];
/** As many messages as V8 wants to have seen, sent before the others at the highest rate. */
const WARM_UP_COUNT = 300_000;
/** Enough for a disturbance not to be all that there is. */
const MEASURED_SECONDS_PER_POINT_SECOND = 5;
const GOAL_RATE = 100_000;
/** More than this, and one who sleeps is hardly ever asleep. */
const MOST_FOR_SLEEPERS = 100_000;

const IDLES = ['spin', 'doorbell'] as const;
type Idle = (typeof IDLES)[number];

function ratesOf(idle: Idle, rates: readonly number[]): readonly number[] {
  return idle === 'spin' ? rates : rates.filter((rate) => rate <= MOST_FOR_SLEEPERS);
}

/** Of one idle strategy at one rate: each percentile of the rounds. */
type Points = Readonly<Record<string, readonly { readonly percentile: number; readonly ns: Spread }[]>>;

/** Latency one way, by how many messages are sent a second. */
export const ratePart: Part = part(
  'rate',
  async (bench): Promise<Points> => {
    const { rates } = bench.profile;
    const entries = IDLES.flatMap((idle) =>
      ratesOf(idle, rates).map((rate) => ({ key: pointKey(idle, rate), measure: () => oneWay(bench, rate, idle) })),
    );
    const { samples } = await interleave(bench, 'rate', entries, bench.profile.curveRounds);
    const at = (histograms: readonly LatencyHistogram[], percentile: number) => ({
      percentile,
      ns: spreadOf(histograms.map((histogram) => latencyAtPercentile(histogram, percentile))),
    });
    return Object.fromEntries(
      [...samples].map(([key, histograms]) => [key, PERCENTILES.map((percentile) => at(histograms, percentile))]),
    );
  },
  present,
);

function present(points: Points): Section {
  const measured = (idle: Idle) => xsOf({ samples: points, failures: {} }, idle);
  const at = (idle: Idle, rate: number, percentile: number) =>
    points[pointKey(idle, rate)]!.find((each) => each.percentile === percentile)!.ns;
  const curve = (idle: Idle, percentile: number, colour: Colour): LineSeries => ({
    label: `p${percentile}, ${idle}`,
    colour,
    points: measured(idle).map((x) => ({ x, ...at(idle, x, percentile) })),
  });
  const series = [
    ...PERCENTILES.map((percentile, index) => curve('spin', percentile, SHADES[index]!)),
    curve('doorbell', 50, 'doorbell'),
  ].filter((each) => each.points.length > 0);
  const findings: Finding[] = measured('spin').includes(GOAL_RATE)
    ? [{ goal: 'one-way', spread: at('spin', GOAL_RATE, 99) }]
    : [];
  return {
    name: 'rate',
    title: 'Latency one way, by rate',
    text: [
      'The sender spins until a message is due, and the receiver until one is there, or it sleeps on its doorbell. A latency counts from when its message was due, not from when it could be sent: a sender that is held up does not hide what its messages suffered (coordinated omission). Where the rate is more than Hermes and the clock reads around it can carry, the queue grows and so does every percentile: the knee.',
      'Percentiles of a millisecond and more at low rates are not what Hermes takes: other processes had the core for so long.',
    ],
    tables: [
      {
        header: ['messages a second', 'receiver', ...PERCENTILES.map((percentile) => `p${percentile}`)],
        rows: IDLES.flatMap((idle) =>
          measured(idle).map((rate) => [
            formatCount(rate),
            idle,
            ...PERCENTILES.map((p) => spreadText(at(idle, rate, p), formatNs)),
          ]),
        ),
      },
    ],
    charts: [
      {
        file: 'rate.svg',
        alt: 'Percentiles of the latency one way by rate',
        svg: lineChart({
          title: 'Latency one way, by rate',
          subtitle: 'Hermes alone; 64-byte payloads, from when a message was due',
          xLabel: 'messages a second',
          series,
          formatX: formatRate,
          formatY: formatNs,
        }),
      },
    ],
    findings,
  };
}

async function oneWay(bench: Bench, perSecond: number, idle: Idle): Promise<LatencyHistogram> {
  const { directory } = bench.scratch;
  using segment = leaseRing(directory);
  const workload = {
    payloadLength: PAYLOAD_LENGTH,
    messageCount: Math.round(perSecond * bench.profile.pointSeconds * MEASURED_SECONDS_PER_POINT_SECOND),
    warmUpCount: WARM_UP_COUNT,
  };
  const task = { ...workload, segment: segment.name, directory, perSecond, idle, origin: `${clockOrigin()}` };
  const children = (['receiver', 'sender'] as const).map((role) =>
    startChild<unknown>(CHILD, { ...task, role } satisfies RateTask),
  );
  return histogramOf(`${perSecond} messages a second`, workload, await runMeasuring(children, bench.interrupted));
}
