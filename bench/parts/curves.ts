import { formatByteSize } from '../../src/tools/byte-size.js';
import { formatRate } from '../../src/tools/output.js';
import { CLAIMS, COPY, HERMES, NATIVE, RING_PACE } from '../contestants/contestant.js';
import { hermes, PLAIN } from '../contestants/rings.js';
import { colourOf, lineChart } from '../report/charts.js';
import type { Finding } from '../report/goals.js';
import type { Section } from '../report/section.js';
import { PAYLOAD_LENGTH, workloadFor } from '../runner/bench.js';
import { type Entry, interleave, type Recorded, ratiosOf, recorded, spreadOf } from '../runner/rounds.js';
import { curveOf, curveTable, type Part, part, pointKey, xsOf } from './part.js';

/** Bytes a second that a ring is taken to carry, which limits the messages of a point. */
const GUESSED_BANDWIDTH = 40e9;
/**
 * However few messages of a size are measured, V8 wants to have seen many before. Of long ones, which give it time, fewer; but
 * more than 2 GiB of them, where positions cease to be small integers, and it compiles once more.
 */
const WARM_UP_COUNT = 200_000;
const WARM_UP_LENGTH: number = 2.5 * 2 ** 30;
const LARGE = 4096;

/** What a message costs by its size. */
export const payloadPart: Part = part(
  'payload',
  async (bench, { hermes, native }) => {
    const { payloads, pointSeconds } = bench.profile;
    const workload = (payload: number, previous: number | undefined) => ({
      ...workloadFor(payload, pointSeconds, Math.min(RING_PACE.messages, GUESSED_BANDWIDTH / payload), previous),
      warmUpCount: Math.min(WARM_UP_COUNT, WARM_UP_LENGTH / payload),
    });
    const entries = payloads.flatMap((payload): Entry<number>[] => {
      const point = (label: string, measure: Entry<number>['measure']) => ({ key: pointKey(label, payload), measure });
      const ours = point(HERMES, (previous) => hermes.throughput(workload(payload, previous), 'one'));
      if (native === undefined) return [ours];
      return [
        ours,
        point(NATIVE, (previous) => native.throughput(workload(payload, previous), 'one')),
        point(COPY, async (previous) => (await native.copyBandwidth(workload(payload, previous))) / payload),
      ];
    });
    return recorded(await interleave(bench, 'payload', entries));
  },
  presentPayloads,
);

function presentPayloads(data: Recorded<number>): Section {
  const measured = (labels: readonly string[]) => labels.filter((label) => xsOf(data, label).length > 0);
  const messages = measured([HERMES, NATIVE]).map((label) => curveOf(data, label, colourOf(label)));
  const bytes = measured([HERMES, NATIVE, COPY]).map((label) => ({
    ...curveOf(data, label, colourOf(label), (perSecond, payload) => perSecond * payload),
    isLimit: label === COPY,
  }));
  const formatBytes = (value: number) => `${formatByteSize(value)}/s`;
  const findings = xsOf(data, HERMES).flatMap((payload): Finding[] => {
    const [ours, theirs] = [HERMES, NATIVE].map((label) => data.samples[pointKey(label, payload)]);
    if (payload < LARGE || ours === undefined || theirs === undefined) return [];
    return [{ goal: 'large-payloads', of: formatByteSize(payload), spread: spreadOf(ratiosOf(ours, theirs)) }];
  });
  const large = bytes[0]?.points.find(({ x }) => x === LARGE);
  const chart = { xLabel: 'payload', formatX: formatByteSize };
  return {
    name: 'payload',
    title: 'Payloads from 16 bytes to 64 KiB',
    text: [
      'A call per message, a ring of 1 MiB. The limit is what one thread copies into the mapped file with `memcpy`, from a payload that stays in its cache.',
    ],
    tables: [
      { caption: 'Messages a second', ...curveTable('payload', messages, formatByteSize, formatRate) },
      { caption: 'Payload bytes a second', ...curveTable('payload', bytes, formatByteSize, formatBytes) },
    ],
    charts: [
      {
        file: 'payload-messages.svg',
        alt: 'Messages a second by payload',
        svg: lineChart({
          ...chart,
          title: 'Messages a second by payload',
          subtitle: 'a call per message; lines from the least to the greatest of the rounds',
          series: messages,
          formatY: formatRate,
        }),
      },
      {
        file: 'payload-bytes.svg',
        alt: 'Bytes a second by payload, and the bandwidth of memory',
        svg: lineChart({
          ...chart,
          title: 'Bytes a second by payload',
          subtitle: 'payload bytes, a call per message; lines from the least to the greatest of the rounds',
          series: bytes,
          steps: 'binary',
          formatY: formatBytes,
        }),
      },
    ],
    findings,
    notes:
      large === undefined
        ? []
        : [`With payloads of ${formatByteSize(LARGE)}, one call each, Hermes carries ${formatBytes(large.median)}.`],
  };
}

/** What publishing together gains. */
export const batchSizePart: Part = part(
  'batch-size',
  async (bench, { native }) => {
    const { batches, pointSeconds } = bench.profile;
    const entries = batches.flatMap((batchCount): Entry<number>[] => {
      const ours = [
        hermes(bench, HERMES, { ...PLAIN, batchCount }),
        hermes(bench, CLAIMS, { ...PLAIN, batchCount, batching: 'claims' }),
      ];
      const workload = (previous: number | undefined) =>
        workloadFor(PAYLOAD_LENGTH, pointSeconds, RING_PACE.batched, previous);
      const point = (name: string, measure: Entry<number>['measure']) => ({ key: pointKey(name, batchCount), measure });
      return [
        ...ours.map(({ name, throughput }) => point(name, (previous) => throughput(workload(previous), 'batch'))),
        ...(native ? [point(NATIVE, (previous) => native.batches(workload(previous), batchCount))] : []),
      ];
    });
    return recorded(await interleave(bench, 'batch-size', entries));
  },
  presentBatches,
);

function presentBatches(data: Recorded<number>): Section {
  const measured = [HERMES, CLAIMS, NATIVE].filter((label) => xsOf(data, label).length > 0);
  const series = measured.map((label) => curveOf(data, label, colourOf(label)));
  const title = 'Messages a second by batch';
  return {
    name: 'batch-size',
    title,
    text: [
      'Messages of 64 bytes that are published together: `offerBatch` (a batch of one is `offer`), claims of so many that are written in place, one release store in C++.',
    ],
    tables: [curveTable('batch', series, String, formatRate)],
    charts: [
      {
        file: 'batch-size.svg',
        alt: title,
        svg: lineChart({
          title,
          subtitle: '64-byte payloads; lines from the least to the greatest of the rounds',
          xLabel: 'messages published together',
          series,
          formatX: String,
          formatY: formatRate,
        }),
      },
    ],
    findings: [],
  };
}
