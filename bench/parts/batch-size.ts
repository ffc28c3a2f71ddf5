import { formatRate } from '../../src/tools/output.js';
import { hermes, PLAIN } from '../contestants/hermes.js';
import { CLAIMS, HERMES, NATIVE } from '../contestants/names.js';
import { PAYLOAD_LENGTH } from '../harness/bench.js';
import { RING_PACE } from '../harness/contestant.js';
import { workloadFor } from '../harness/measured-run.js';
import { type Entry, interleave, type Recorded, recorded } from '../harness/rounds.js';
import { colourOf } from '../report/colours.js';
import { lineChart } from '../report/line-chart.js';
import type { Section } from '../report/section.js';
import { curveOf, curveTable, pointKey, xsOf } from './curve.js';
import { type Part, part } from './part.js';

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
  present,
);

function present(data: Recorded<number>): Section {
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
