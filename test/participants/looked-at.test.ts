import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  Coordinator,
  HermesError,
  inspectSegment,
  type Message,
  openJournal,
  type RecordedMessage,
  Replay,
} from '../../src/index.js';
import { attachedPair } from '../support/attached-pair.js';

/** As many lines as are looked at in a terminal without scrolling. */
const MOST_LINES = 12;

/** One of every kind of object that is handed out, each after it was used. */
async function everything() {
  const { directory, producer, consumer } = attachedPair({ maxGroups: 8, producers: 4 });
  const journal = path.join(directory, 'journal');
  const recorder = attachRecorder('ticks', { to: journal, directory, fileLength: 65_536, sync: 'interval' });
  producer.offerBatch([Buffer.from('a'), Buffer.alloc(1000), Buffer.from('c')], 7);
  recorder.record();
  await recorder.run({ signal: AbortSignal.abort() });
  const batches = consumer.batches(1);
  const { value: batch } = await batches.next();
  await batches.return?.();
  consumer.poll(() => {});
  await producer.send(Buffer.from('d'));
  consumer.wait({ timeout: 1 });
  const claim = producer.tryClaim(3)!;
  claim.abort();
  const reader = openJournal(journal);
  let inJournal: Message | undefined;
  reader.read((message) => {
    inJournal = message;
  }, 2);
  const messages = reader.messages();
  const recorded = (await messages.next()).value as RecordedMessage;
  const replay = new Replay(reader, { speed: 1, to: { position: 1_000_000 } });
  replay.read(() => {}, 1);
  const coordinator = new Coordinator({ directory });
  const readable = consumer.readable();
  const writable = producer.writable();
  onTestFinished(() => {
    readable.destroy();
    recorder.detach();
    reader.close();
    coordinator.stop();
  });
  const handedOut = { batch: batch[0] as Message, inJournal: inJournal!, recorded };
  const attached = { producer, consumer, recorder, coordinator, reader, replay, claim };
  const moving = { batches, messages, readable, writable };
  return { directory, handedOut, attached, moving };
}

test('nothing that is handed out shows what it is made of: its own fields are those that are declared', async () => {
  const { handedOut, attached } = await everything();
  const shown = (object: object) => Object.keys(object).sort();
  expect(
    Object.fromEntries(Object.entries({ ...handedOut, ...attached }).map(([name, object]) => [name, shown(object)])),
  ).toEqual({
    batch: ['lane', 'length', 'lost', 'offset', 'redelivered', 'type'],
    inJournal: ['lane', 'length', 'lost', 'offset', 'redelivered', 'type'],
    recorded: ['lane', 'payload', 'position', 'sequence', 'timestamp', 'type'],
    producer: ['hasCodec'],
    consumer: [],
    recorder: [],
    coordinator: ['directory'],
    reader: ['damages', 'directory'],
    replay: ['isAtEnd', 'isDone'],
    claim: ['count', 'length', 'offset'],
  });
});

test('everything is printed in a few lines, at any depth, and written as JSON; nothing of it leads to the segment', async () => {
  const { handedOut, attached, moving } = await everything();
  for (const [name, object] of Object.entries({ ...handedOut, ...attached })) {
    const text = inspect(object, { depth: 10 });
    expect(text.split('\n').length, text).toBeLessThanOrEqual(MOST_LINES);
    expect(text, name).not.toMatch(/Int32Array|SharedArrayBuffer|ByteLocks|\[Function/);
    expect(JSON.parse(JSON.stringify(object)), name).toBeTypeOf('object');
    expect(() => structuredClone(object), name).not.toThrow();
    expect(inspect({ a: { b: { c: { object } } } }), name).toMatch(/\[\w+\]/); // no deeper than it was asked for
  }
  for (const [name, object] of Object.entries(moving)) {
    expect(inspect(object, { depth: 10 }), name).not.toMatch(
      /Int32Array\(|SharedArrayBuffer|ByteLocks|Iterator {\s+reader/,
    );
  }
});

describe('what is printed', () => {
  test('of a message is where it is from and what is in it', async () => {
    const { handedOut } = await everything();
    const { timestamp } = handedOut.batch;
    expect(inspect(handedOut.batch, { breakLength: 200 })).toBe(
      `Message { lane: 0, type: 7, sequence: 0, length: 1, timestamp: ${timestamp}n, payload: <Buffer 61> }`,
    );
    expect(inspect(handedOut.recorded)).toMatch(/^RecordedMessage {\n/);
  });

  test('of one with a codec is its value, or else its payload', () => {
    const { directory, producer } = attachedPair();
    using reader = attachConsumer<{ id: number }>('ticks', { directory, group: 'default-2', codec: 'json' });
    producer.offerBatch([Buffer.from('{"id":1}'), Buffer.from('{"id":')]);
    const texts: string[] = [];
    reader.poll((message) => texts.push(inspect(message)));
    expect(texts[0]).toContain('value: { id: 1 }');
    expect(texts[1]).toContain('payload: <Buffer 7b 22');
  });

  test('of a participant is what it is attached to, also once it has detached', async () => {
    const { directory } = attachedPair({ producers: 2 });
    const producer = attachProducer('ticks', { directory, codec: 'json' });
    producer.detach();
    expect(inspect(producer, { breakLength: 200 })).toBe(
      `Producer { segment: 'ticks', lane: 1, position: 0, maxPayload: ${producer.maxPayload}, hasCodec: true, isAttached: false }`,
    );
    const consumer = attachConsumer('ticks', { directory, group: 'workers', shared: true });
    expect(JSON.parse(JSON.stringify(consumer))).toEqual({
      segment: 'ticks',
      group: 'workers',
      mode: 'reliable',
      shared: true,
      durable: false,
      lost: 0,
      isAttached: true,
    });
    consumer.detach();
    expect(consumer.toJSON()).toMatchObject({ group: 'workers', isAttached: false });
  });
});

test('bytes that a producer without a codec is not given: the error names the codec', () => {
  const { producer } = attachedPair();
  for (const value of ['text', 17, null, { id: 1 }]) {
    expect(() => producer.offer(value as never)).toThrow(
      /without a codec give a Uint8Array or a Buffer.*codec: 'json'/,
    );
  }
  const error = new HermesError('ERR_HERMES_BUSY', 'text');
  expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'HermesError', code: 'ERR_HERMES_BUSY', message: 'text' });
});

test('what is inspected of a segment is all values', async () => {
  const { directory } = await everything();
  const segment = inspectSegment('ticks', { directory });
  expect(JSON.parse(JSON.stringify(segment))).toEqual(segment);
});
