import { startChild } from '../../src/tools/bench/child.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { runMeasuring } from '../harness/pair.js';
import { interleave } from '../harness/rounds.js';
import { type Spread, spreadOf } from '../harness/statistics.js';
import type { HotTask } from '../micro/hot-child.js';
import type { HotMethod } from '../micro/hot-methods.js';
import type { GoalId } from '../report/goals.js';
import type { Finding } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';
import type { Part } from './part.js';

const CHILD = new URL('../micro/hot-child.js', import.meta.url);

interface Row {
  readonly method: HotMethod;
  readonly what: string;
  /** What the description that Hermes is built to promised. */
  readonly promised: string;
  readonly goal?: GoalId;
}

const ROWS: readonly Row[] = [
  {
    method: 'encode',
    what: 'encode: check, header and payload (`offerBatch` of 256, a message)',
    promised: '75 ns',
    goal: 'encode',
  },
  { method: 'encode-crc', what: 'the same with a CRC-32', promised: '75 ns', goal: 'encode-crc' },
  { method: 'offer', what: '`offer`: encode and publish', promised: '11.85 ns (a push, without encoding)' },
  {
    method: 'claim-commit',
    what: '`tryClaim` and `commit`: header and publication, payload in place',
    promised: '11.85 ns',
  },
  {
    method: 'poll',
    what: '`poll`, a message of many: header checked, handler called',
    promised: '12 ns (a pop, without decoding)',
  },
  {
    method: 'poll-and-decode',
    what: 'the same, with type, length and a byte of the payload read in place',
    promised: '12 ns and 0.35 ns (to decode)',
  },
  { method: 'poll-singly', what: '`poll` of one message each time', promised: '12 ns' },
  { method: 'crc', what: 'CRC-32 of header and payload', promised: '—' },
  { method: 'clock', what: 'reading the clock into a record', promised: '—' },
];

/** What the hot methods cost, each alone in a process. */
export const microPart: Part = {
  name: 'micro',
  async run(bench, _field) {
    const entries = ROWS.map(({ method }) => ({
      key: method,
      measure: () => {
        const task: HotTask = { method, directory: bench.scratch.directory };
        return runMeasuring<number>([startChild(CHILD, task)], bench.interrupted);
      },
    }));
    const { samples } = await interleave(bench, 'micro', entries, bench.profile.curveRounds);
    const of = (method: HotMethod): Spread => spreadOf(samples.get(method)!);
    const rows = ROWS.map(({ method, what, promised }) => [what, spreadText(of(method), formatNs), promised]);
    const findings = ROWS.flatMap(({ method, goal }): Finding[] => (goal ? [{ goal, spread: of(method) }] : []));
    return {
      name: 'micro',
      title: 'The hot methods, alone',
      text: [
        'Both ends in one process, so that nothing but the method costs; payloads of 64 bytes that stay in the cache, timestamps off. The median of many rounds of 8,192 operations in each of the bench’s rounds.',
      ],
      tables: [{ header: ['method', 'ns', 'promised'], rows }],
      charts: [],
      findings,
      data: Object.fromEntries(samples),
    };
  },
};
