import { attachConsumer, attachProducer, type CreateOptions, createSegment, type Message } from 'hermes-ipc';
import { RECORD_MAGIC, recordKind } from '../../src/layout/record.js';
import { storeTime } from '../../src/ring/clock.js';
import { crc32OfRecord } from '../../src/ring/crc32.js';
import { awaitStart } from '../../src/tools/bench/child.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import type { Finding, GoalId } from '../report/goals.js';
import type { Section } from '../report/section.js';
import { runMeasuring } from '../runner/measuring.js';
import { startRole } from '../runner/role.js';
import { interleave, type Recorded, recorded, spreadOf, spreadText } from '../runner/rounds.js';
import { type Part, part } from './part.js';

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
        return runMeasuring<number>([startRole('hot-method', task)], bench.interrupted);
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

interface HotTask {
  readonly method: HotMethod;
  readonly directory: string;
}

/** Some ten thousand operations each. */
const ROUNDS = 120;
const WARM_UP_ROUNDS = 60;

/** Measures one of the hot methods, in a process of its own so that nothing else has shaped the compiled code. */
export async function callHotMethod({ method, directory }: HotTask): Promise<number> {
  const round = HOT_METHODS[method](directory);
  await awaitStart();
  const samples = Array.from({ length: ROUNDS }, round).slice(WARM_UP_ROUNDS);
  samples.sort((a, b) => a - b);
  return samples[samples.length >> 1]!;
}

const PAYLOAD_LENGTH = 64;
/** Less than a lane holds. */
const MESSAGE_COUNT = 8192;
const ENCODE_BATCH_COUNT = 256;

/** Prepares a method; each call then gives the nanoseconds of one operation, as the mean of a round of some thousand. */
type Prepare = (directory: string) => () => number;

type HotMethod =
  | 'encode'
  | 'encode-crc'
  | 'offer'
  | 'claim-commit'
  | 'poll'
  | 'poll-singly'
  | 'poll-and-decode'
  | 'crc'
  | 'clock';

const HOT_METHODS: Readonly<Record<HotMethod, Prepare>> = {
  encode: (directory) => encoding(directory, false),
  'encode-crc': (directory) => encoding(directory, true),
  offer(directory) {
    const { producer, drain } = ends(directory);
    const payload = Buffer.alloc(PAYLOAD_LENGTH, 1);
    return () => {
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) producer.offer(payload);
      return since(startNs, drain);
    };
  },
  'claim-commit'(directory) {
    const { producer, drain } = ends(directory);
    return () => {
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) {
        const claim = producer.tryClaim(PAYLOAD_LENGTH)!;
        claim.buffer[claim.offset] = 1;
        claim.commit();
      }
      return since(startNs, drain);
    };
  },
  poll: (directory) => polling(directory, () => {}, MESSAGE_COUNT),
  'poll-singly': (directory) => polling(directory, () => {}, 1),
  'poll-and-decode': (directory) => {
    let sum = 0;
    const decode = ({ buffer, offset, length, type }: Message) => {
      sum = (sum + length + type + buffer[offset]!) | 0;
    };
    return polling(directory, decode, MESSAGE_COUNT);
  },
  crc() {
    const buffer = new ArrayBuffer(4096);
    const [words, bytes] = [new Int32Array(buffer), new Uint8Array(buffer)];
    words.set([RECORD_MAGIC, recordKind(0, true), 7, 0, 0x1234_5678, 0x1765_4321, PAYLOAD_LENGTH]);
    return () => {
      let sum = 0;
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) {
        words[2] = i; // the sequence: no two are alike
        sum ^= crc32OfRecord(words, bytes, 0, PAYLOAD_LENGTH);
      }
      const elapsedNs = since(startNs, () => {});
      words[2] = sum; // so that it is computed
      return elapsedNs;
    };
  },
  clock() {
    const times = new BigInt64Array(1);
    return () => {
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) storeTime(times, 0, 1n);
      return since(startNs, () => {});
    };
  },
};

/** `offerBatch` of many: check, copy and header of each, and next to nothing of the publication. */
function encoding(directory: string, checksum: boolean): () => number {
  const { producer, drain } = ends(directory, { checksum });
  const batch = Array.from({ length: ENCODE_BATCH_COUNT }, () => Buffer.alloc(PAYLOAD_LENGTH, 1));
  return () => {
    const startNs = process.hrtime.bigint();
    for (let i = 0; i < MESSAGE_COUNT; i += ENCODE_BATCH_COUNT) producer.offerBatch(batch);
    return since(startNs, drain);
  };
}

function polling(directory: string, handler: (message: Message) => void, limit: number): () => number {
  const { producer, consumer } = ends(directory);
  const batch = Array.from({ length: ENCODE_BATCH_COUNT }, () => Buffer.alloc(PAYLOAD_LENGTH, 1));
  return () => {
    for (let i = 0; i < MESSAGE_COUNT; i += ENCODE_BATCH_COUNT) producer.offerBatch(batch);
    const startNs = process.hrtime.bigint();
    for (let read = 0; read < MESSAGE_COUNT; ) read += consumer.poll(handler, limit);
    return since(startNs, () => {});
  };
}

function ends(directory: string, options: CreateOptions = {}) {
  const name = `hot-${process.pid}`;
  createSegment(name, { directory, producers: 1, maxGroups: 1, members: 1, timestamps: false, ...options });
  const producer = attachProducer(name, { directory });
  const consumer = attachConsumer(name, { directory });
  const ignore = () => {};
  const drain = () => {
    while (consumer.poll(ignore) > 0);
  };
  return { producer, consumer, drain };
}

/** Nanoseconds an operation, and then tidies up. */
function since(startNs: bigint, tidy: () => void): number {
  const elapsedNs = Number(process.hrtime.bigint() - startNs);
  tidy();
  return elapsedNs / MESSAGE_COUNT;
}
