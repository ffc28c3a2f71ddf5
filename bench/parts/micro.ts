import { startChild } from '../../src/tools/bench/child.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { runMeasuring } from '../harness/pair.js';
import { interleave, type Recorded, recorded } from '../harness/rounds.js';
import { spreadOf } from '../harness/statistics.js';
import type { HotTask } from '../micro/hot-child.js';
import type { HotMethod } from '../micro/hot-methods.js';
import type { GoalId } from '../report/goals.js';
import type { Finding, Section } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';
import { type Part, part } from './part.js';

const CHILD = new URL('../micro/hot-child.js', import.meta.url);

interface Row {
  readonly method: HotMethod;
  readonly what: string;
  readonly goal?: GoalId;
}

const ROWS: readonly Row[] = [
  {
    method: 'encode',
    what: 'encode: check, header and payload (`offerBatch` of 256, a message)',
    goal: 'encode',
  },
  { method: 'encode-crc', what: 'the same with a CRC-32', goal: 'encode-crc' },
  { method: 'offer', what: '`offer`: encode and publish' },
  { method: 'claim-commit', what: '`tryClaim` and `commit`: header and publication, payload in place' },
  { method: 'poll', what: '`poll`, a message of many: header checked, handler called' },
  { method: 'poll-and-decode', what: 'the same, with type, length and a byte of the payload read in place' },
  { method: 'poll-singly', what: '`poll` of one message each time' },
  { method: 'crc', what: 'CRC-32 of header and payload' },
  { method: 'clock', what: 'reading the clock into a record' },
];

/** What the hot methods cost, each alone in a process. */
export const microPart: Part = part(
  'micro',
  async (bench) => {
    const entries = ROWS.map(({ method }) => ({
      key: method,
      measure: () => {
        const task: HotTask = { method, directory: bench.scratch.directory };
        return runMeasuring<number>([startChild(CHILD, task)], bench.interrupted);
      },
    }));
    return recorded(await interleave(bench, 'micro', entries, bench.profile.curveRounds));
  },
  present,
);

function present({ samples }: Recorded<number>): Section {
  const measured = ROWS.flatMap((row) => {
    const found = samples[row.method];
    return found === undefined ? [] : [{ ...row, spread: spreadOf(found) }];
  });
  return {
    name: 'micro',
    title: 'The hot methods, alone',
    text: [
      'Both ends in one process, so that nothing but the method costs; payloads of 64 bytes that stay in the cache, timestamps off. The median of many rounds of 8,192 operations in each of the bench’s rounds.',
    ],
    tables: [
      { header: ['method', 'takes'], rows: measured.map(({ what, spread }) => [what, spreadText(spread, formatNs)]) },
    ],
    charts: [],
    findings: measured.flatMap(({ goal, spread }): Finding[] => (goal ? [{ goal, spread }] : [])),
  };
}
