import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachRecorder,
  Coordinator,
  createSegment,
  inspectJournal,
  inspectSegment,
  listSegments,
  type Message,
  openJournal,
  pruneJournal,
  replayInto,
  verifyJournal,
} from '../../src/index.js';
import { attachedPair } from '../support/attached-pair.js';
import { thrownBy } from '../support/thrown.js';

const PAYLOAD: Buffer = Buffer.from('abc');
/** More than is printed of anything here; less than any memory that is shared. */
const FEW = 5000;

/** What is left of a value once it was written as JSON and read again. */
const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value));

/** A segment with a message that was read, and a journal of it. */
async function place() {
  const { directory, producer, consumer } = attachedPair({ maxGroups: 4 });
  const to = path.join(directory, 'journal');
  const recorder = attachRecorder('ticks', { to, directory });
  producer.offer(PAYLOAD, 7);
  recorder.record();
  consumer.poll(() => {});
  return { directory, producer, consumer, recorder, to };
}

describe('what is inspected is plain JSON', () => {
  test('a segment, and a directory of them', async () => {
    const { directory, consumer } = await place();
    fs.writeFileSync(path.join(directory, 'broken'), 'no segment');
    consumer.detach();
    attachConsumer('ticks', { directory, group: 'queue', shared: true }).detach();
    using _coordinator = new Coordinator({ directory });
    const segment = inspectSegment('ticks', { directory });
    expect(throughJson(segment)).toEqual(segment);
    expect(structuredClone(segment)).toEqual(segment);
    for (const time of [segment.createdAtNs, segment.groups[0]!.createdAtNs, segment.lanes[0]!.producer!.heartbeatNs]) {
      expect(time).toMatch(/^\d{19}$/);
    }
    const [broken, ticks] = listSegments({ directory });
    expect(throughJson(ticks)).toEqual(ticks);
    expect(throughJson(broken)).toEqual({
      name: 'broken',
      segment: null,
      error: { name: 'HermesError', code: 'ERR_HERMES_CORRUPT_SEGMENT', message: broken!.error!.message },
    });
  });

  test('a journal, its verification, what is pruned and what is replayed', async () => {
    const { directory, to, recorder } = await place();
    recorder.detach();
    createSegment('again', { directory });
    const replayed = await replayInto(to, 'again', { directory });
    expect(replayed).toEqual({ messages: 1, lanes: [[0, 0]] });
    const found = [inspectJournal(to), await verifyJournal(to), pruneJournal(to, { keepBytes: 0 }), replayed];
    for (const value of found) {
      expect(throughJson(value)).toEqual(value);
      expect(structuredClone(value)).toEqual(value);
    }
    const [file] = inspectJournal(to).files;
    for (const time of [file!.createdAtNs, file!.newestTimeBeforeNs]) expect(time).toMatch(/^\d+$/);
  });

  test('an error, with its message', () => {
    const error = thrownBy(() => inspectSegment('..'));
    expect(throughJson({ error })).toEqual({
      error: { name: 'HermesError', code: 'ERR_HERMES_INVALID_NAME', message: error.message },
    });
  });
});

/** What a message is, however it came. */
function expectPlain(message: Message<unknown>, more: object): void {
  const { lane, sequence, timestamp, length } = message;
  const plain = { lane, type: 7, sequence, timestamp: `${timestamp}`, length };
  expect(throughJson(message)).toEqual({ ...plain, ...more });
  expect(structuredClone(message)).toMatchObject({ lane, type: 7, length });
  expect(JSON.stringify(structuredClone(message)).length).toBeLessThan(FEW);
  expect(inspect(message).length).toBeLessThan(FEW);
  expect(Object.keys(message).sort()).toEqual(['lane', 'length', 'lost', 'offset', 'redelivered', 'type']);
}

const payload = throughJson(PAYLOAD);

describe('a message is plain JSON', () => {
  test('in a handler, read or polled', async () => {
    const { producer, consumer } = attachedPair();
    for (let i = 0; i < 2; i++) producer.offer(PAYLOAD, 7);
    expect(consumer.read((message) => expectPlain(message, { payload }), 1)).toBe(1);
    consumer.acknowledge();
    expect(consumer.poll((message) => expectPlain(message, { payload }))).toBe(1);
  });

  test('in a loop, and in a batch', async () => {
    const { producer, consumer } = attachedPair();
    producer.offer(PAYLOAD, 7);
    for await (const message of consumer) {
      expectPlain(message, { payload });
      break;
    }
    for await (const [message] of consumer.batches()) {
      expectPlain(message!, { payload });
      break;
    }
  });

  test('of a lossy group, with what was lost before it', async () => {
    const { directory, producer, consumer } = attachedPair({}, { group: 'watchers', mode: 'lossy' });
    using reader = attachConsumer('ticks', { directory });
    producer.offer(PAYLOAD, 7);
    consumer.poll((message) => expectPlain(message, { payload }));
    for (let i = 0; i < 3000; i++) {
      producer.offer(PAYLOAD, 7);
      reader.poll(() => {});
    }
    expect(consumer.poll(() => {})).toBe(0); // it was lapped
    producer.offer(PAYLOAD, 7);
    expect(consumer.poll((message) => expectPlain(message, { payload, lost: 3000 }))).toBe(1);
  });

  test('of a shared group, when it comes again', async () => {
    const { producer, consumer } = attachedPair({ shared: true, members: 2 });
    producer.offer(PAYLOAD, 7);
    expect(() =>
      consumer.poll(() => {
        throw new Error('not now');
      }),
    ).toThrow('not now');
    expect(consumer.poll((message) => expectPlain(message, { payload, redelivered: true }))).toBe(1);
  });

  test('with the value that a codec makes of it', async () => {
    const { producer, consumer } = attachedPair<unknown, unknown>({}, { codec: 'json' }, { codec: 'json' });
    producer.offer({ a: [1] }, 7);
    expect(consumer.poll((message) => expectPlain(message, { value: { a: [1] } }))).toBe(1);
  });

  test('of a journal', async () => {
    const { to, recorder } = await place();
    recorder.detach();
    using reader = openJournal(to);
    for await (const message of reader) {
      const { position, lane, sequence, timestamp } = message;
      expect(throughJson(message)).toEqual({ position, lane, type: 7, sequence, timestamp: `${timestamp}`, payload });
      expect(structuredClone(message)).toEqual({
        position,
        lane,
        type: 7,
        sequence,
        timestamp,
        payload: new Uint8Array(PAYLOAD),
      });
    }
  });
});

describe('what is attached or open', () => {
  test('shows nothing of what it is made of', async () => {
    const { directory, producer, consumer, recorder, to } = await place();
    using coordinator = new Coordinator({ directory });
    using reader = openJournal(to);
    const claim = producer.tryClaim(3)!;
    for (const object of [producer, consumer, recorder, coordinator, reader, claim]) {
      expect(JSON.stringify(object).length).toBeLessThan(FEW);
      expect(inspect(object, { depth: 5 }).length).toBeLessThan(FEW);
      expect(() => structuredClone(object)).not.toThrow();
    }
    claim.abort();
  });
});
