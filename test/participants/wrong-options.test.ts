import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  Coordinator,
  createSegment,
  HermesError,
  openJournal,
  pruneJournal,
  Replay,
  removeSegment,
  replayInto,
  verifyJournal,
} from '../../src/index.js';
import { attachedPair } from '../support/attached-pair.js';

type Place = ReturnType<typeof place>;
type Call = (value: never, place: Place) => unknown;

/** No number of anything, whatever it counts. */
const NO_NUMBERS: readonly unknown[] = [Number.NaN, '10', 10n, {}, [], true, Symbol('10'), () => 10];
const NO_COUNTS: readonly unknown[] = [...NO_NUMBERS, -1, 0.5, Number.NEGATIVE_INFINITY];
const NO_FLAGS: readonly unknown[] = [0, 1, 'true', 'false', 1n, {}, Symbol('true')];
const NO_FUNCTIONS: readonly unknown[] = [1, 'name', {}, true];
const NO_CHOICES: readonly unknown[] = [1, 'other', {}, true, 'toString', Symbol('os')];

/** A segment with a participant of each side, and a journal of it. */
function place() {
  const { directory, producer, consumer } = attachedPair({ maxGroups: 4, producers: 4 });
  const journal = path.join(directory, 'journal');
  attachRecorder('ticks', { to: journal, directory, fileLength: 65_536 }).detach();
  const reader = openJournal(journal);
  onTestFinished(() => reader.close());
  return { directory, producer, consumer, journal, reader, at: { directory } };
}

const ignore = () => {};
const create =
  (option: string): Call =>
  (value, { directory }) =>
    createSegment('other', { directory, [option]: value });
const consume =
  (option: string): Call =>
  (value, { directory }) =>
    attachConsumer('ticks', { directory, group: 'other', [option]: value });
const record =
  (option: string, more: object = {}): Call =>
  (value, { directory, journal }) =>
    attachRecorder('ticks', { to: journal, directory, ...more, [option]: value });

const REFUSED: readonly (readonly [string, Call, readonly unknown[]])[] = [
  ['poll limit', (value, { consumer }) => consumer.poll(ignore, value), NO_COUNTS],
  ['read limit', (value, { consumer }) => consumer.read(ignore, value), NO_COUNTS],
  ['poll handler', (value, { consumer }) => consumer.poll(value), NO_FUNCTIONS],
  ['batches limit', (value, { consumer }) => consumer.batches(value), [...NO_COUNTS, 0]],
  ['batches drain', (value, { consumer }) => consumer.batches(1, { drain: value }), NO_FLAGS],
  ['readable highWaterMark', (value, { consumer }) => consumer.readable({ highWaterMark: value }), NO_COUNTS],
  ['writable highWaterMark', (value, { producer }) => producer.writable({ highWaterMark: value }), NO_COUNTS],
  ['wait timeout', (value, { consumer }) => consumer.wait({ timeout: value }), [...NO_NUMBERS, -1]],
  ['waitAsync timeout', (value, { consumer }) => consumer.waitAsync({ timeout: value }), [...NO_NUMBERS, -1]],
  ['waitAsync drain', (value, { consumer }) => consumer.waitAsync({ drain: value }), NO_FLAGS],
  ['offer type', (value, { producer }) => producer.offer(Buffer.alloc(1), value), [...NO_COUNTS, 0, 240]],
  ['send type', (value, { producer }) => producer.send(Buffer.alloc(1), { type: value }), [...NO_COUNTS, 0, 240]],
  ['offerBatch type', (value, { producer }) => producer.offerBatch([Buffer.alloc(1)], value), [...NO_COUNTS, 0]],
  ['offerBatch payloads', (value, { producer }) => producer.offerBatch(value), [1, '', 'text', {}, null, undefined]],
  ['tryClaim length', (value, { producer }) => producer.tryClaim(value), NO_COUNTS],
  ['tryClaim count', (value, { producer }) => producer.tryClaim(1, 1, value), [...NO_COUNTS, 0]],
  ...['producers', 'maxGroups', 'members', 'capacity', 'maxPayload', 'mode'].map(
    (option) => [`create ${option}`, create(option), [...NO_COUNTS, Number.POSITIVE_INFINITY]] as const,
  ),
  ...['checksum', 'timestamps', 'shared'].map((option) => [`create ${option}`, create(option), NO_FLAGS] as const),
  ['create directory', create('directory'), [1, '', {}, 'a\0b']],
  ...['shared', 'durable'].map((option) => [`consumer ${option}`, consume(option), NO_FLAGS] as const),
  ...['mode', 'from', 'codec', 'idle'].map((option) => [`consumer ${option}`, consume(option), NO_CHOICES] as const),
  [
    'idle spinForUs',
    (value, { at }) => attachProducer('ticks', { ...at, idle: { spinForUs: value, sliceUs: 50 } }),
    [...NO_NUMBERS, -1],
  ],
  [
    'idle sliceUs',
    (value, { at }) => attachProducer('ticks', { ...at, idle: { spinForUs: 50, sliceUs: value } }),
    [...NO_NUMBERS, -1, 0, Number.POSITIVE_INFINITY, 1_000_001],
  ],
  [
    'idle distanceNs',
    (value, { at }) => attachConsumer('ticks', { ...at, idle: { spinForUs: 50, sliceUs: 50, distanceNs: value } }),
    [...NO_NUMBERS, -1, 1001, Number.POSITIVE_INFINITY],
  ],
  ...[
    ['producer cpu', attachProducer],
    ['consumer cpu', attachConsumer],
  ].map(
    ([name, attach]) =>
      [
        name as string,
        (value: unknown, { at }: { at: object }) =>
          (attach as (name: string, options: object) => unknown)('ticks', { ...at, cpu: value }),
        [...NO_COUNTS, 8192, Number.POSITIVE_INFINITY],
      ] as const,
  ),
  ['producer journal', (value, { at }) => attachProducer('ticks', { ...at, journal: value }), [1, '', {}, null, true]],
  ['recorder fileLength', record('fileLength'), [...NO_COUNTS, 0, 65_537, Number.POSITIVE_INFINITY]],
  ['recorder sync', record('sync'), NO_CHOICES],
  ['recorder syncIntervalMs', record('syncIntervalMs', { sync: 'interval' }), [...NO_NUMBERS, -1, 0, 2 ** 31]],
  ['recorder mode', record('mode'), [...NO_COUNTS, 0o1000]],
  ['recorder skipDamage', record('skipDamage'), NO_FLAGS],
  ['recorder to', record('to'), [1, '', {}, undefined, 'a\0b']],
  [
    'record limit',
    (value, { directory, journal }) => {
      using recorder = attachRecorder('ticks', { to: journal, directory });
      recorder.record(value);
    },
    NO_COUNTS,
  ],
  [
    'recorder run drain',
    async (value, { directory, journal }) => {
      using recorder = attachRecorder('ticks', { to: journal, directory });
      await recorder.run({ signal: AbortSignal.abort(), drain: value });
    },
    NO_FLAGS,
  ],
  ['journal read limit', (value, { reader }) => reader.read(ignore, value), NO_COUNTS],
  ['messages drain', (value, { consumer }) => consumer.messages({ drain: value }), NO_FLAGS],
  ['messages signal', (value, { consumer }) => consumer.messages({ signal: value }), NO_CHOICES],
  ['journal messages follow', (value, { reader }) => reader.messages({ follow: value }), NO_FLAGS],
  ['journal messages signal', (value, { reader }) => reader.messages({ signal: value }), NO_CHOICES],
  ['journal skipDamage', (value, { journal }) => openJournal(journal, { skipDamage: value }), NO_FLAGS],
  ['journal onDamage', (value, { journal }) => openJournal(journal, { onDamage: value }), NO_FUNCTIONS],
  ['journal directory', (value) => openJournal(value), [1, {}, null, undefined, '']],
  ['journal from', (value, { journal }) => openJournal(journal, { from: value }), [...NO_NUMBERS, null]],
  ['journal position', (value, { journal }) => openJournal(journal, { from: { position: value } }), NO_COUNTS],
  ['journal lane', (value, { journal }) => openJournal(journal, { from: { lane: value, sequence: 0 } }), NO_COUNTS],
  ['journal timeNs', (value, { journal }) => openJournal(journal, { from: { timeNs: value } }), [1, '1', null, {}]],
  ['verify signal', (value, { journal }) => verifyJournal(journal, value), NO_CHOICES],
  ['prune keepBytes', (value, { journal }) => pruneJournal(journal, { keepBytes: value }), [...NO_NUMBERS, -1]],
  ['prune keepAgeMs', (value, { journal }) => pruneJournal(journal, { keepAgeMs: value }), [...NO_NUMBERS, -1]],
  ['prune dryRun', (value, { journal }) => pruneJournal(journal, { dryRun: value }), NO_FLAGS],
  ['replay lane', (value, { reader }) => new Replay(reader, { lane: value }), [...NO_COUNTS, 256]],
  ['replay speed', (value, { reader }) => new Replay(reader, { speed: value }), [...NO_NUMBERS, -1, 0]],
  ['replay to', (value, { reader }) => new Replay(reader, { to: value }), [...NO_NUMBERS, null]],
  ['replay limit', (value, { reader }) => new Replay(reader, {}).read(ignore, value), [...NO_COUNTS, 0]],
  ['replayInto signal', (value, { journal, at }) => replayInto(journal, 'ticks', { ...at, signal: value }), NO_CHOICES],
  [
    'replayInto speed',
    (value, { journal, at }) => replayInto(journal, 'ticks', { ...at, speed: value }),
    [Number.NaN, 0],
  ],
  [
    'coordinator reapIntervalMs',
    (value, { at }) => new Coordinator({ ...at, reapIntervalMs: value }),
    [...NO_NUMBERS, 0, 2 ** 31],
  ],
  [
    'coordinator segments',
    (value, { at }) => new Coordinator({ ...at, segments: value }),
    [1, 'other', true, [], { other: 1 }],
  ],
  ['remove force', (value, { at }) => removeSegment('ticks', { ...at, force: value }), NO_FLAGS],
];

test.each(REFUSED)('%s is refused where it makes no sense', async (_, call, values) => {
  const here = place();
  here.producer.offer(Buffer.alloc(1));
  for (const value of values) {
    let outcome: unknown;
    try {
      outcome = await call(value as never, here);
    } catch (error) {
      outcome = error;
    }
    expect(outcome, String(value)).toBeInstanceOf(HermesError);
    expect((outcome as HermesError).code, String(value)).toBe('ERR_HERMES_INVALID_OPTION');
  }
});

describe('what makes sense at the edge is accepted', () => {
  test('a limit of nothing, and none at all', () => {
    const { producer, consumer } = place();
    for (let i = 0; i < 3; i++) producer.offer(Buffer.alloc(1));
    expect(consumer.poll(ignore, 0)).toBe(0);
    expect(consumer.read(ignore, 0)).toBe(0);
    expect(consumer.poll(ignore, 1)).toBe(1);
    expect(consumer.poll(ignore, Number.POSITIVE_INFINITY)).toBe(2);
    expect(consumer.poll(ignore, 2 ** 40)).toBe(0);
  });

  test('batches without a bound', async () => {
    const { producer, consumer } = place();
    for (let i = 0; i < 300; i++) producer.offer(Buffer.alloc(1));
    for await (const batch of consumer.batches(Number.POSITIVE_INFINITY)) {
      expect(batch.length).toBe(300);
      break;
    }
  });

  test('a time-out of a fraction, and one that is longer than a timer of Node', async () => {
    const { producer, consumer } = place();
    expect(await consumer.waitAsync({ timeout: 0.25 })).toBe(false);
    expect(consumer.wait({ timeout: 0.25 })).toBe(false);
    const waited = consumer.waitAsync({ timeout: 2 ** 33 });
    expect(await Promise.race([waited, new Promise((resolve) => setTimeout(resolve, 20, 'waits'))])).toBe('waits');
    producer.offer(Buffer.alloc(1));
    expect(await waited).toBe(true);
  });
});

test('the message says what was given, and what is to be given', () => {
  const { consumer, directory } = place();
  const messageOf = (action: () => unknown) => {
    try {
      action();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing was thrown';
  };
  expect(messageOf(() => consumer.batches(0))).toBe('limit is 0: give a whole number from 1');
  expect(messageOf(() => consumer.poll(ignore, '10' as never))).toBe(
    'limit is 10 (a string): give a whole number from 0',
  );
  expect(messageOf(() => consumer.batches(10n as never))).toBe('limit is 10n: give a whole number from 1');
  expect(messageOf(() => consumer.wait({ timeout: Number.NaN }))).toBe('timeout is NaN: give milliseconds from 0');
  expect(messageOf(() => consumer.readable({ drain: 'no' as never }))).toBe(
    'drain is no (a string): give true or false',
  );
  expect(messageOf(() => new Coordinator({ directory, reapIntervalMs: 0 }))).toBe(
    'reapIntervalMs is 0: give milliseconds from 1 to 2147483647',
  );
});
