import fs from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  attachProducer,
  attachRecorder,
  type Consumer,
  HermesError,
  type MessageHandler,
  openJournal,
  Replay,
} from '../../src/index.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { attachedPair } from '../support/attached-pair.js';
import { rejectionOf } from '../support/rejected.js';
import { thrownBy } from '../support/thrown.js';

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await setImmediate();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

const thenable = (then: unknown) => Object.fromEntries([['then', then]]);

/** What a handler may return that nobody would wait for. */
const DROPPED: readonly (readonly [string, () => unknown])[] = [
  ['a promise', async () => {}],
  ['a promise that rejects', () => Promise.reject(new Error('late'))],
  ['a promise that rejects later', () => setImmediate().then(() => Promise.reject(new Error('late')))],
  ['a promise of another realm', () => vm.runInNewContext('Promise.reject(new Error("late"))')],
  ['an object that is like a promise', () => thenable(() => {})],
  ['a generator', function* () {}],
  ['an asynchronous generator', async function* () {}],
];
const KEPT: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  '',
  'text',
  true,
  {},
  [],
  new Set(),
  thenable(1),
  Symbol.iterator,
];

/** A handler that takes texts, and returns something else than undefined for the second message. */
function returning(seen: string[], make: () => unknown): MessageHandler {
  return ((message) => {
    seen.push(`${message.payload}`);
    return message.payload.toString() === 'b' ? make() : undefined;
  }) as MessageHandler;
}

const texts = (word: string) => [...word].map((text) => Buffer.from(text));
const rest = (consumer: Consumer) => {
  const seen: string[] = [];
  consumer.poll(({ payload }) => seen.push(`${payload}`));
  return seen.join('');
};

const GROUPS = {
  exclusive: {},
  shared: { group: 'shared', shared: true },
  lossy: { group: 'lossy', mode: 'lossy' },
} as const;

describe.each(Object.entries(GROUPS))('the handler of a member of a group that is %s', (kind, options) => {
  test.each(DROPPED)('is refused when it returns %s: that message comes again, and the rest', (_, make) => {
    for (const method of ['poll', 'read'] as const) {
      const { producer, consumer } = attachedPair({}, options);
      producer.offerBatch(texts('abc'));
      const seen: string[] = [];
      const error = thrownBy(() => consumer[method](returning(seen, make)));
      expect(error.code).toBe('ERR_HERMES_INVALID_STATE');
      expect(error.message).toMatch(
        /which nobody waits for: give one that is done when it returns, or iterate with for await/,
      );
      expect(seen).toEqual(['a', 'b']);
      const isAcknowledged = method === 'poll' || kind !== 'shared';
      expect(rest(consumer)).toBe(isAcknowledged ? 'bc' : 'abc');
    }
  });

  test('may return anything else', () => {
    const { producer, consumer } = attachedPair({}, options);
    for (const value of KEPT) {
      producer.offerBatch(texts('abc'));
      expect(consumer.poll(returning([], () => value))).toBe(3);
    }
  });
});

test.each(DROPPED)('a handler is refused also for a message that comes again: %s', (_, make) => {
  const { producer, consumer } = attachedPair({ shared: true });
  producer.offerBatch(texts('abc'));
  const fail = () => {
    throw new Error('first');
  };
  expect(() => consumer.poll(fail)).toThrow('first');
  const seen: string[] = [];
  expect(thrownBy(() => consumer.poll(returning(seen, make))).code).toBe('ERR_HERMES_INVALID_STATE');
  expect([seen.join(''), rest(consumer)]).toEqual(['ab', 'bc']);
});

describe('the handler of a journal', () => {
  test.each(DROPPED)('is refused when it returns %s, by the reader and by a replay', (_, make) => {
    const { directory } = journaled();
    using reader = openJournal(directory);
    const replay = new Replay(reader, {});
    const seen: string[] = [];
    expect(thrownBy(() => reader.read(returning(seen, make))).code).toBe('ERR_HERMES_INVALID_STATE');
    expect(thrownBy(() => replay.read(returning(seen, make), 100)).code).toBe('ERR_HERMES_INVALID_STATE');
    expect(reader.read(({ payload }) => seen.push(`${payload}`))).toBe(2);
    expect(seen.join('')).toBe('abbbc');
  });
});

describe('what a journal calls', () => {
  test.each(DROPPED)('when it skips damage is refused when it returns %s', (_, make) => {
    const { directory } = journaled();
    const [file] = fs.readdirSync(directory).filter((name) => /^\d+\.journal$/.test(name));
    const bytes = fs.readFileSync(path.join(directory, file!));
    const fd = fs.openSync(path.join(directory, file!), 'r+');
    fs.writeSync(fd, Buffer.from('X'), 0, 1, bytes.indexOf(`b${'\0'.repeat(31)}`));
    fs.closeSync(fd);
    using reader = openJournal(directory, { skipDamage: true, onDamage: () => make() as undefined });
    const seen: string[] = [];
    const take: MessageHandler = ({ payload }) => seen.push(`${payload}`);
    expect(reader.read(take)).toBe(1); // what is wrong is told once nothing was handed out
    const error = thrownBy(() => reader.read(take));
    expect([error.code, error.message]).toEqual([
      'ERR_HERMES_INVALID_STATE',
      expect.stringContaining('onDamage returned'),
    ]);
    expect(seen).toEqual(['a']);
  });

  test('when it has no room is refused when it returns a promise', async () => {
    const { directory, producer, consumer } = attachedPair();
    consumer.detach();
    producer.offer(Buffer.from('a'));
    const to = path.join(directory, '.journal');
    const recorder = attachRecorder('ticks', { directory, group: 'default', to, fileLength: 131_072 });
    vi.spyOn(JournalWriter.prototype, 'append').mockImplementation(() => {
      throw new HermesError('ERR_HERMES_NO_SPACE', 'full');
    });
    const onBlocked = () => Promise.reject(new Error('late')) as unknown as undefined;
    const error = await rejectionOf(recorder.run({ onBlocked }));
    vi.restoreAllMocks();
    expect(error).toMatchObject({ code: 'ERR_HERMES_INVALID_STATE', message: expect.stringContaining('onBlocked') });
    recorder.detach();
  });
});

/** A journal of three messages. */
function journaled(): { directory: string } {
  const { directory, producer } = attachedPair();
  producer.detach();
  const journal = path.join(directory, '.journal');
  using writing = attachProducer('ticks', { directory, journal: { directory: journal, fileLength: 131_072 } });
  writing.offerBatch(texts('abc'));
  return { directory: journal };
}
