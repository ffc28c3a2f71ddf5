import { formatByteSize } from '../../src/tools/byte-size.js';
import { formatRate } from '../../src/tools/output.js';
import { RING_PACE } from '../harness/contestant.js';
import { workloadFor } from '../harness/measured-run.js';
import { type Entry, interleave } from '../harness/rounds.js';
import { ratiosOf, spreadOf } from '../harness/statistics.js';
import { lineChart } from '../report/line-chart.js';
import type { Finding } from '../report/section.js';
import { curveOf, curveTable, pointKey } from './curve.js';
import type { Part } from './part.js';

const COPY = 'memcpy, one thread';
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
export const payloadPart: Part = {
  name: 'payload',
  async run(bench, { hermes, native }) {
    const { payloads, pointSeconds } = bench.profile;
    const workload = (payload: number, previous: number | undefined) => ({
      ...workloadFor(payload, pointSeconds, Math.min(RING_PACE.messages, GUESSED_BANDWIDTH / payload), previous),
      warmUpCount: Math.min(WARM_UP_COUNT, WARM_UP_LENGTH / payload),
    });
    const entries = payloads.flatMap((payload): Entry<number>[] => {
      const point = (label: string, measure: Entry<number>['measure']) => ({ key: pointKey(label, payload), measure });
      const ours = point(hermes.name, (previous) => hermes.throughput(workload(payload, previous), 'one'));
      if (native === undefined) return [ours];
      return [
        ours,
        point(native.name, (previous) => native.throughput(workload(payload, previous), 'one')),
        point(COPY, async (previous) => (await native.copyBandwidth(workload(payload, previous))) / payload),
      ];
    });
    const rounds = await interleave(bench, 'payload', entries);
    const rings = native === undefined ? [hermes.name] : [hermes.name, native.name];
    const messages = rings.map((label) => curveOf(rounds, label, payloads));
    const bytes = [...rings, ...(native ? [COPY] : [])].map((label) => ({
      ...curveOf(rounds, label, payloads, (perSecond, payload) => perSecond * payload),
      isLimit: label === COPY,
    }));
    const formatBytes = (value: number) => `${formatByteSize(value)}/s`;
    const findings = payloads.flatMap((payload): Finding[] => {
      const [ours, theirs] = rings.map((label) => rounds.samples.get(pointKey(label, payload)));
      if (payload < LARGE || ours === undefined || theirs === undefined) return [];
      return [{ goal: 'large-payloads', of: formatByteSize(payload), spread: spreadOf(ratiosOf(ours, theirs)) }];
    });
    const chart = { xLabel: 'payload', formatX: formatByteSize };
    return {
      name: 'payload',
      title: 'Payloads from 16 bytes to 64 KiB',
      text: [
        'A call per message, a ring of 1 MiB. The limit is what one thread copies into the mapped file with `memcpy`, from a payload that stays in its cache.',
      ],
      tables: [
        { caption: 'Messages a second', ...curveTable('payload', payloads, messages, formatByteSize, formatRate) },
        { caption: 'Payload bytes a second', ...curveTable('payload', payloads, bytes, formatByteSize, formatBytes) },
      ],
      charts: [
        {
          file: 'payload-messages.svg',
          alt: 'Messages a second by payload',
          svg: lineChart({
            ...chart,
            title: 'Messages a second by payload',
            subtitle: 'a call per message',
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
            subtitle: 'payload bytes, a call per message',
            series: bytes,
            formatY: formatBytes,
          }),
        },
      ],
      findings,
      data: Object.fromEntries(rounds.samples),
    };
  },
};
