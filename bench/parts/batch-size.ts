import { formatRate } from '../../src/tools/output.js';
import { hermes, PLAIN } from '../contestants/hermes.js';
import { PAYLOAD_LENGTH } from '../harness/bench.js';
import { RING_PACE } from '../harness/contestant.js';
import { workloadFor } from '../harness/measured-run.js';
import { type Entry, interleave } from '../harness/rounds.js';
import { lineChart } from '../report/line-chart.js';
import { curveOf, curveTable, pointKey } from './curve.js';
import type { Part } from './part.js';

/** What publishing together gains. */
export const batchSizePart: Part = {
  name: 'batch-size',
  async run(bench, { hermes: plain, claims, native }) {
    const { batches, pointSeconds } = bench.profile;
    const entries = batches.flatMap((batchCount): Entry<number>[] => {
      const ours = [
        hermes(bench, plain.name, { ...PLAIN, batchCount }),
        hermes(bench, claims.name, { ...PLAIN, batchCount, batching: 'claims' }),
      ];
      const workload = (previous: number | undefined) =>
        workloadFor(PAYLOAD_LENGTH, pointSeconds, RING_PACE.batched, previous);
      return [
        ...ours.map(({ name, throughput }) => ({
          key: pointKey(name, batchCount),
          measure: (previous: number | undefined) => throughput(workload(previous), 'batch'),
        })),
        ...(native === undefined
          ? []
          : [
              {
                key: pointKey(native.name, batchCount),
                measure: (previous: number | undefined) => native.batches(workload(previous), batchCount),
              },
            ]),
      ];
    });
    const rounds = await interleave(bench, 'batch-size', entries);
    const series = [plain.name, claims.name, ...(native ? [native.name] : [])].map((label) =>
      curveOf(rounds, label, batches),
    );
    const title = 'Messages a second by batch';
    return {
      name: 'batch-size',
      title,
      text: [
        'Messages of 64 bytes that are published together: `offerBatch` (a batch of one is `offer`), claims of so many that are written in place, one release store in C++.',
      ],
      tables: [curveTable('batch', batches, series, String, formatRate)],
      charts: [
        {
          file: 'batch-size.svg',
          alt: title,
          svg: lineChart({
            title,
            subtitle: '64-byte payloads',
            xLabel: 'messages published together',
            series,
            formatX: String,
            formatY: formatRate,
          }),
        },
      ],
      findings: [],
      data: Object.fromEntries(rounds.samples),
    };
  },
};
