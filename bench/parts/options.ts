import { formatRate } from '../../src/tools/output.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import { RING_PACE } from '../contestants/contestant.js';
import { hermes, PLAIN } from '../contestants/rings.js';
import type { Section } from '../report/section.js';
import { PAYLOAD_LENGTH, workloadFor } from '../runner/bench.js';
import { interleave, type Recorded, recorded, spreadOf, spreadText } from '../runner/rounds.js';
import { type Part, part } from './part.js';

interface Cost {
  readonly perSecond: number;
  readonly batchedPerSecond: number;
  readonly p50Ns: number;
}

const SHAPES = [
  { label: 'neither', checksum: false, timestamps: false },
  { label: 'timestamps (the default)', checksum: false, timestamps: true },
  { label: 'checksum', checksum: true, timestamps: false },
  { label: 'both', checksum: true, timestamps: true },
] as const;

/** What a checksum and a timestamp in every message cost. */
export const optionsPart: Part = part(
  'options',
  async (bench) => {
    const messages = workloadFor(PAYLOAD_LENGTH, bench.profile.pointSeconds, RING_PACE.messages);
    const trips = workloadFor(PAYLOAD_LENGTH, bench.profile.pointSeconds, RING_PACE.roundTrips);
    const entries = SHAPES.map(({ label, checksum, timestamps }) => {
      const contestant = hermes(bench, `Hermes, ${label}`, { ...PLAIN, checksum, timestamps });
      return {
        key: label,
        measure: async (): Promise<Cost> => ({
          perSecond: await contestant.throughput(messages, 'one'),
          batchedPerSecond: await contestant.throughput(messages, 'batch'),
          p50Ns: latencyAtPercentile(await contestant.roundTrips(trips), 50),
        }),
      };
    });
    return recorded(await interleave(bench, 'options', entries, bench.profile.curveRounds));
  },
  present,
);

function present({ samples }: Recorded<Cost>): Section {
  const of = (label: string, pick: (cost: Cost) => number) => spreadOf(samples[label]!.map(pick));
  const [plain, timed] = [SHAPES[0], SHAPES[1]].map(({ label }) =>
    samples[label] === undefined ? undefined : of(label, ({ perSecond }) => perSecond).median,
  );
  return {
    name: 'options',
    title: 'Checksum and timestamps',
    text: [
      'What a segment may have in every message: a CRC-32, which every reader checks, and the time of publication. 64-byte payloads.',
    ],
    tables: [
      {
        header: ['in every message', '`offer`, messages a second', '`offerBatch` of 16', 'round trip, p50'],
        rows: Object.keys(samples).map((label) => [
          label,
          spreadText(
            of(label, ({ perSecond }) => perSecond),
            formatRate,
          ),
          spreadText(
            of(label, ({ batchedPerSecond }) => batchedPerSecond),
            formatRate,
          ),
          spreadText(
            of(label, ({ p50Ns }) => p50Ns),
            formatNs,
          ),
        ]),
      },
    ],
    charts: [],
    findings: [],
    notes:
      plain === undefined || timed === undefined
        ? []
        : [
            `All this is without timestamps, as the other rings have none. With the time in every message, which is the default, ${formatRate(timed)} messages a second instead of ${formatRate(plain)} in one run, one call each.`,
          ],
  };
}
