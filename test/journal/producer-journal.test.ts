import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, type ProducerOptions } from '../../src/index.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { newSegment, payloadsIn, received, SEGMENT } from './journaled-segment.js';
import { dieBeforePublishing } from './unpublished.js';

describe.each(['os', 'interval', 'every'] as const)('a producer with a journal, sync %s', (sync) => {
  test('appends every message before it is published, in every way to publish', () => {
    const { directory, journal } = newSegment();
    using producer = attachProducer(SEGMENT, { directory, journal: { directory: journal, sync, syncIntervalMs: 1 } });
    producer.offer(Buffer.from('a'));
    expect(payloadsIn(journal)).toEqual(['a']);
    producer.offerBatch(['b', 'c', 'd'].map((text) => Buffer.from(text)));
    const claim = producer.tryClaim(1)!;
    expect(payloadsIn(journal)).toEqual(['a', 'b', 'c', 'd']);
    claim.view.write('e');
    claim.commit();
    producer.tryClaim(1)!.abort();
    expect(payloadsIn(journal)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const several = producer.tryClaim(1, 1, 2)!;
    several.buffer.write('f', several.offset);
    several.buffer.write('g', several.offset + several.stride);
    several.commit();
    expect(payloadsIn(journal)).toEqual([...'abcdefg']);
    expect(received(directory)).toEqual([...'abcdefg']);
  });
});

test('lanes wrap around, files are filled, and the journal has it all', () => {
  const { directory, journal } = newSegment();
  using producer = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: 131_072 } });
  using consumer = attachConsumer(SEGMENT, { directory });
  const sent: string[] = [];
  for (let i = 0; i < 3000; i++) {
    const text = `message ${i} ${'x'.repeat(i % 300)}`;
    while (producer.offer(Buffer.from(text)) < 0) consumer.poll(() => {});
    sent.push(text);
  }
  expect(payloadsIn(journal)).toEqual(sent);
});

function leaveUnpublished(directory: string, journal: string, payloads: readonly string[]): void {
  dieBeforePublishing(
    SEGMENT,
    directory,
    journal,
    payloads.map((text) => Buffer.from(text)),
  );
}

describe('messages that were appended and never published', () => {
  test('are taken back by the next producer, which gets the same lane', () => {
    const { directory, journal } = newSegment();
    const first = attachProducer(SEGMENT, { directory, journal });
    first.offer(Buffer.from('a'));
    first.detach();
    leaveUnpublished(directory, journal, ['b', 'c']);
    expect(payloadsIn(journal)).toEqual(['a', 'b', 'c']);
    using next = attachProducer(SEGMENT, { directory, journal });
    expect(payloadsIn(journal)).toEqual(['a']);
    next.offer(Buffer.from('d'));
    expect([next.lane, payloadsIn(journal), received(directory)]).toEqual([0, ['a', 'd'], ['a', 'd']]);
  });

  test('also by one that gets another lane, as somebody has taken that one', () => {
    const { directory, journal } = newSegment();
    const first = attachProducer(SEGMENT, { directory, journal });
    first.offer(Buffer.from('a'));
    first.detach();
    leaveUnpublished(directory, journal, ['b']);
    using other = attachProducer(SEGMENT, { directory });
    using next = attachProducer(SEGMENT, { directory, journal });
    expect([other.lane, next.lane, payloadsIn(journal)]).toEqual([0, 1, ['a']]);
    next.offer(Buffer.from('c'));
    expect(payloadsIn(journal)).toEqual(['a', 'c']);
  });
});

test('a producer asks for the lane whose messages its journal has', () => {
  const { directory, journal } = newSegment();
  const zero = attachProducer(SEGMENT, { directory });
  const one = attachProducer(SEGMENT, { directory, journal });
  one.offer(Buffer.from('a'));
  one.detach();
  zero.detach();
  using again = attachProducer(SEGMENT, { directory, journal });
  expect(again.lane).toBe(1);
});

test('a journal has one producer, and a file of it holds a lane', () => {
  const { directory, journal } = newSegment();
  const attach = (options: ProducerOptions['journal']) => attachProducer(SEGMENT, { directory, journal: options });
  using _first = attach(journal);
  expect(codeOf(() => attach(journal))).toBe('ERR_HERMES_BUSY');
  const error = thrownBy(() => attach({ directory: `${journal}-2`, fileLength: 65_536 }));
  expect([error.code, error.message]).toEqual(['ERR_HERMES_INVALID_OPTION', expect.stringMatching(/hold a lane/)]);
});
