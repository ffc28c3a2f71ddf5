import { constants } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { attachProducer, type Producer } from '../../src/index.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { libc } from '../../src/os/libc.js';
import { NO_PAYLOADS } from '../support/odd-payloads.js';
import { codeOf } from '../support/thrown.js';
import { newSegment, payloadsIn, received, SEGMENT } from './journaled-segment.js';

const FILE_LENGTH = 131_072;

afterEach(() => {
  vi.restoreAllMocks();
});

const bytes = (text: string) => Buffer.from(text);

/** Each way to publish something that is never to be seen. */
const WAYS: Record<string, (producer: Producer) => unknown> = {
  offer: (producer) => producer.offer(bytes('never')),
  offerBatch: (producer) => producer.offerBatch([bytes('never 1'), bytes('never 2')]),
  'a claim': (producer) => {
    const claim = producer.tryClaim(5, 1, 2)!;
    claim.buffer.write('never', claim.offset);
    claim.commit();
  },
};

describe.each(Object.entries(WAYS))('%s', (_, publish) => {
  test('that cannot be synced is neither published nor in the journal, nor is anything after it', () => {
    const { directory, journal } = newSegment();
    const producer = attachProducer(SEGMENT, {
      directory,
      journal: { directory: journal, sync: 'every', fileLength: FILE_LENGTH },
    });
    producer.offerBatch([bytes('a'), bytes('b')]);
    vi.spyOn(libc(), 'fdatasync').mockReturnValue(-1);
    vi.spyOn(libc(), 'errno').mockReturnValue(constants.errno.EIO);
    const { position } = producer;
    for (let times = 0; times < 3; times++) expect(codeOf(() => publish(producer))).toBe('ERR_HERMES_SYSTEM');
    vi.restoreAllMocks();
    expect(codeOf(() => publish(producer))).toBe('ERR_HERMES_SYSTEM'); // no later sync proves anything
    expect([producer.position, payloadsIn(journal)]).toEqual([position, ['a', 'b']]);
    producer.detach();
    using next = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: FILE_LENGTH } });
    next.offer(bytes('c'));
    expect([payloadsIn(journal), received(directory)]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  test.each([0, 1])(
    'that is refused behind %i appended messages is taken back, and the next one has its number',
    (after) => {
      const { directory, journal } = newSegment();
      using producer = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: FILE_LENGTH } });
      producer.offerBatch([bytes('a'), bytes('b')]);
      const append = JournalWriter.prototype.append;
      let count = 0;
      vi.spyOn(JournalWriter.prototype, 'append').mockImplementation(function (this: JournalWriter, ...args) {
        if (count++ === after) throw new Error('refused');
        return append.apply(this, args);
      });
      const isLong = publish !== WAYS.offer;
      for (let times = 0; times < 3; times++) {
        count = isLong ? 0 : after;
        expect(() => publish(producer)).toThrow('refused');
        expect(payloadsIn(journal)).toEqual(['a', 'b']);
      }
      vi.restoreAllMocks();
      producer.offerBatch([bytes('c'), bytes('d')]);
      expect([payloadsIn(journal), received(directory)]).toEqual([[...'abcd'], [...'abcd']]);
    },
  );
});

test('what cannot be taken back ends the journal: nothing more is published', () => {
  const { directory, journal } = newSegment();
  using producer = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: FILE_LENGTH } });
  producer.offer(bytes('a'));
  const append = JournalWriter.prototype.append;
  vi.spyOn(JournalWriter.prototype, 'append').mockImplementationOnce(function (this: JournalWriter, ...args) {
    append.apply(this, args);
    throw new Error('refused');
  });
  vi.spyOn(JournalWriter.prototype, 'cutBack').mockImplementationOnce(() => {
    throw new Error('not taken back');
  });
  expect(() => producer.offer(bytes('never'))).toThrow('refused');
  vi.restoreAllMocks();
  for (const publish of Object.values(WAYS)) expect(() => publish(producer)).toThrow('not taken back');
  expect(received(directory)).toEqual(['a']);
  producer.detach();
  using next = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: FILE_LENGTH } });
  next.offer(bytes('b'));
  expect(payloadsIn(journal)).toEqual(['a', 'b']);
});

test.each(NO_PAYLOADS)(
  'a payload that cannot be sent (%s) does not come to the journal, nor do those before it',
  (_, make) => {
    const { directory, journal } = newSegment();
    using producer = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: FILE_LENGTH } });
    for (const length of [60, 2000]) {
      expect(codeOf(() => producer.offer(make(length)))).toBe('ERR_HERMES_INVALID_OPTION');
      expect(codeOf(() => producer.offerBatch([bytes('never'), make(length)]))).toBe('ERR_HERMES_INVALID_OPTION');
      expect(payloadsIn(journal)).toEqual([]);
    }
    producer.offer(bytes('a'));
    expect([payloadsIn(journal), received(directory)]).toEqual([['a'], ['a']]);
  },
);
