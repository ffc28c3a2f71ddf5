import { attachConsumer, attachProducer, type Message } from 'hermes-ipc';
import { Backoff } from '../../src/tools/bench/backoff.js';
import { awaitStart } from '../../src/tools/bench/child.js';
import { formatCount, formatRate } from '../../src/tools/output.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import {
  createLatencyHistogram,
  type LatencyHistogram,
  latencyAtPercentile,
} from '../../src/tools/report/latency-histogram.js';
import { leaseRing } from '../contestants/rings.js';
import { type Colour, type LineSeries, lineChart, SHADES } from '../report/charts.js';
import type { Finding } from '../report/goals.js';
import type { Section } from '../report/section.js';
import { type Bench, PAYLOAD_LENGTH, totalCount, type Workload } from '../runner/bench.js';
import { clockOrigin, nsSince } from '../runner/measured-end.js';
import { type HistogramResult, histogramOf, runMeasuring } from '../runner/measuring.js';
import { startRole } from '../runner/role.js';
import { interleave, type Spread, spreadOf, spreadText } from '../runner/rounds.js';
import { type Part, part, pointKey, xsOf } from './part.js';

const PERCENTILES = [50, 90, 99, 99.9];
/** As many messages as V8 wants to have seen, sent before the others at the highest rate. */
const WARM_UP_COUNT = 300_000;
/** Enough for a disturbance not to be all that there is. */
const MEASURED_SECONDS_PER_POINT_SECOND = 5;
const GOAL_RATE = 100_000;
/** At a higher rate, a receiver that sleeps is hardly ever asleep. */
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
  const children = (['receiver', 'sender'] as const).map((end) =>
    startRole<unknown>('rate', { ...task, end } satisfies RateTask),
  );
  return histogramOf(`${perSecond} messages a second`, workload, await runMeasuring(children, bench.interrupted));
}

/** One end of a stream of messages that are due at fixed times, which each carries. The sender spins until one is due. */
interface RateTask extends Workload {
  readonly end: 'receiver' | 'sender';
  readonly segment: string;
  readonly directory: string;
  readonly perSecond: number;
  /** What the receiver does while there is nothing to read. */
  readonly idle: 'spin' | 'doorbell';
  /** What the times count from: of the monotonic clock, as decimal digits. */
  readonly origin: string;
}

const DUE_OFFSET = 0;
const NUMBER_OFFSET = 8;

/** Nanoseconds between the warm-up, which is sent at once, and the first message that is due at its time. */
const PAUSE_NS = 5_000_000;

/** Plays an end, as a process of its own. */
export function rateEnd(task: RateTask): Promise<HistogramResult | null> {
  return task.end === 'sender' ? send(task) : receive(task);
}

/** A message that is late, because there was no room or no time, is sent at once, with the time that it was due at. */
async function send(task: RateTask): Promise<null> {
  const origin = BigInt(task.origin);
  const backoff = new Backoff();
  const producer = attachProducer(task.segment, { directory: task.directory });
  const payload = Buffer.from(new ArrayBuffer(task.payloadLength));
  const view = new DataView(payload.buffer);
  const intervalNs = 1e9 / task.perSecond;
  const total = totalCount(task);
  await awaitStart();
  let startNs = nsSince(origin);
  for (let number = 0; number < total; number++) {
    if (number === task.warmUpCount) startNs = nsSince(origin) + PAUSE_NS;
    const dueNs = startNs + Math.max(number - task.warmUpCount, 0) * intervalNs;
    while (nsSince(origin) < dueNs) backoff.wait();
    view.setFloat64(DUE_OFFSET, dueNs, true);
    view.setInt32(NUMBER_OFFSET, number, true);
    while (producer.offer(payload) < 0) backoff.wait();
  }
  return null;
}

async function receive(task: RateTask): Promise<HistogramResult> {
  const origin = BigInt(task.origin);
  const backoff = new Backoff();
  const consumer = attachConsumer(task.segment, { directory: task.directory, idle: task.idle });
  const [warmUp, histogram] = [createLatencyHistogram(), createLatencyHistogram()];
  const total = totalCount(task);
  let [received, faults] = [0, 0];
  let view: DataView = new DataView(new ArrayBuffer(0));
  const take = ({ buffer, offset, length }: Message) => {
    if (view.byteLength === 0) view = new DataView(buffer.buffer);
    const latencyNs = nsSince(origin) - view.getFloat64(offset + DUE_OFFSET, true);
    if (length !== task.payloadLength || view.getInt32(offset + NUMBER_OFFSET, true) !== received) faults++;
    (received < task.warmUpCount ? warmUp : histogram).recordValue(Math.max(Math.round(latencyNs), 0));
    received++;
  };
  await awaitStart();
  while (received < total) {
    if (consumer.poll(take) > 0) continue;
    if (task.idle === 'spin') backoff.wait();
    else await consumer.waitAsync();
  }
  return { histogram: histogram.snapshot(), received, faults };
}
