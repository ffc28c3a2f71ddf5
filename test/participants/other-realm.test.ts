import path from 'node:path';
import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { attachProducer, type Consumer, openJournal, type Producer } from '../../src/index.js';
import { attachedPair } from '../support/attached-pair.js';
import { codeOf } from '../support/thrown.js';

// A test runner, or a plug-in, has globals of its own: its arrays are no instances of ours.
const realm = vm.createContext({});
const run = <T>(text: string): T => vm.runInContext(text, realm) as T;
const foreign = (length: number, value: number) => run<Uint8Array>(`new Uint8Array(${length}).fill(${value})`);

const LENGTHS = [0, 1, 8, 60, 256, 257, 1536, 1537, 4096];
const WAYS: Record<string, (producer: Producer, payloads: Uint8Array[]) => unknown> = {
  offer: (producer, payloads) => payloads.map((payload) => producer.offer(payload)),
  offerBatch: (producer, payloads) => producer.offerBatch(payloads),
  'offerBatch of a foreign array': (producer, payloads) => {
    const batch = run<Uint8Array[]>('[]');
    batch.push(...payloads);
    return producer.offerBatch(batch);
  },
  send: (producer, payloads) => Promise.all(payloads.map((payload) => producer.send(payload))),
  writable: async (producer, payloads) => {
    const writable = producer.writable();
    for (const payload of payloads) writable.write(payload);
    await new Promise<void>((resolve) => writable.end(resolve));
  },
};

function received(consumer: Consumer): string[] {
  const found: string[] = [];
  consumer.poll(({ length, payload }) => found.push(`${length} ${new Set(payload).size} ${payload[0]}`));
  return found;
}

const expected = (value: number) => LENGTHS.map((length) => (length === 0 ? '0 0 undefined' : `${length} 1 ${value}`));

test('the arrays of these tests are of another realm', () => {
  expect(foreign(1, 1)).not.toBeInstanceOf(Uint8Array);
});

describe.each(Object.entries(WAYS))('%s', (_, write) => {
  test.each([false, true])(
    'takes bytes of another realm, also the same again and again; with a checksum: %s',
    async (checksum) => {
      const { producer, consumer } = attachedPair({ checksum, maxPayload: 4096 });
      const payloads = LENGTHS.map((length) => foreign(length, 7));
      for (let times = 0; times < 40; times++) {
        for (const payload of payloads) payload.fill(times);
        await write(producer, payloads);
        expect(received(consumer)).toEqual(expected(times));
      }
    },
  );

  test('puts them into a journal', async () => {
    const { directory, producer: first } = attachedPair({ maxPayload: 4096 });
    first.detach();
    const journal = path.join(directory, '.journal');
    using producer = attachProducer('ticks', { directory, journal: { directory: journal, fileLength: 131_072 } });
    await write(
      producer,
      LENGTHS.map((length) => foreign(length, 7)),
    );
    using reader = openJournal(journal);
    const lengths: number[] = [];
    reader.read(({ length }) => lengths.push(length));
    expect(lengths).toEqual(LENGTHS);
  });
});

test.each([
  'new Uint16Array(4)',
  'new ArrayBuffer(4)',
  '[1, 2]',
  '({ length: 2 })',
  'new DataView(new ArrayBuffer(4))',
])('%s of another realm is refused', (text) => {
  const { producer } = attachedPair();
  expect(codeOf(() => producer.offer(run(text)))).toBe('ERR_HERMES_INVALID_OPTION');
  expect(codeOf(() => producer.offerBatch([Buffer.alloc(1), run(text)]))).toBe('ERR_HERMES_INVALID_OPTION');
  expect(producer.position).toBe(0);
});

test('what has lost its memory in another realm is refused like our own', () => {
  const { producer } = attachedPair();
  const payload = foreign(60, 1);
  structuredClone(payload.buffer, { transfer: [payload.buffer as ArrayBuffer] });
  expect(codeOf(() => producer.offer(payload))).toBe('ERR_HERMES_INVALID_OPTION');
});

test('a codec may encode to bytes of another realm, and a claim be filled from them', () => {
  const codec = { encode: (value: number) => foreign(60, value), decode: (payload: Buffer) => payload[59]! };
  const { producer, consumer } = attachedPair<number, number>({}, { codec }, { codec });
  producer.offer(1);
  producer.offerBatch([2, 3]);
  const claim = producer.tryClaim(60)!;
  claim.view.set(foreign(60, 4));
  claim.commit();
  const values: number[] = [];
  consumer.poll(({ value }) => values.push(value));
  expect(values).toEqual([1, 2, 3, 4]);
});

test('a handler of another realm may call back, and its error goes through', () => {
  const { producer, consumer } = attachedPair();
  producer.offer(Buffer.from('a'));
  const handler = run<(message: unknown) => void>('(message) => { throw new TypeError(String(message.length)); }');
  expect(() => consumer.poll(handler)).toThrow('1');
  expect(consumer.poll(() => {})).toBe(1);
});
