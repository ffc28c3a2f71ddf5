import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, type Consumer, createSegment, type HermesError } from '../../src/index.js';
import { PRODUCER_BELL_OFFSET } from '../../src/layout/preamble.js';
import { gateLag } from '../../src/ring/gate.js';
import { InFlight } from '../../src/ring/in-flight.js';
import { asBytes, Message } from '../../src/ring/message.js';
import { Ringer } from '../../src/ring/ringer.js';
import { SharedReader } from '../../src/ring/shared-reader.js';
import { Child } from '../support/child.js';
import { offsetOf } from '../support/lane-state.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';

/** Six messages of two bytes, 64 each with their header; the fourth is damaged. */
const RECORD = 64;
const MESSAGES = 6;
const GOOD = 3;

/** A byte of the record that is damaged: of the header, or one that the checksum alone protects. */
const DAMAGES = [
  ['header', 0],
  ['length', 24],
  ['sequence', 8],
  ['payload', 32],
  ['checksum', 28],
] as const;

/** A segment with six messages, its members, and a switch that damages and mends the fourth. */
function damaged(shared: boolean, at: number, memberCount = 1, checksum = true) {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, members: 4, shared, checksum, directory });
  const producer = attachProducer('ticks', { directory });
  const members = Array.from({ length: memberCount }, () => attachConsumer('ticks', { directory }));
  producer.offerBatch(Array.from({ length: MESSAGES }, (_, i) => Buffer.from(`m${i}`)));
  const { memory } = openRaw(directory);
  const flip = () => {
    memory.bytes[offsetOf(memory, 0, GOOD * RECORD) + at]! ^= 0x55;
  };
  flip();
  return { directory, memory, producer, members, mend: flip };
}

/** What one poll hands out, and the code of its error. */
function poll(consumer: Consumer, limit?: number): string[] {
  const seen: string[] = [];
  try {
    consumer.poll((message) => seen.push(`${message.payload}`), limit);
  } catch (error) {
    seen.push((error as HermesError).code);
  }
  return seen;
}

const FAULT = 'ERR_HERMES_CORRUPT_SEGMENT';

describe.each([false, true])('of a group that is shared: %s', (shared) => {
  describe.each(DAMAGES)('damage in the %s of a record', (_, at) => {
    test('comes behind the good messages before it, which are acknowledged', () => {
      const { memory, members, mend } = damaged(shared, at);
      const [consumer] = members as [Consumer];
      expect(poll(consumer)).toEqual(['m0', 'm1', 'm2', FAULT]);
      for (let times = 0; times < 3; times++) expect(poll(consumer)).toEqual([FAULT]);
      expect(gateLag(memory, 0, MESSAGES * RECORD)).toBe((MESSAGES - GOOD) * RECORD);
      mend();
      expect([...poll(consumer), ...poll(consumer)]).toEqual(['m3', 'm4', 'm5']);
    });

    test('is not seen by who asks for no more than the good ones', () => {
      const { members } = damaged(shared, at);
      const [consumer] = members as [Consumer];
      expect(poll(consumer, 2)).toEqual(['m0', 'm1']);
      expect(poll(consumer, 1)).toEqual(['m2']);
      expect(poll(consumer, 1)).toEqual([FAULT]);
    });

    test('ends an iteration behind the good ones', async () => {
      const { members } = damaged(shared, at);
      const seen: string[] = [];
      const iterate = async () => {
        for await (const batch of members[0]!.batches()) seen.push(...batch.map(({ payload }) => `${payload}`));
      };
      await expect(iterate()).rejects.toMatchObject({ code: FAULT });
      expect(seen).toEqual(['m0', 'm1', 'm2']);
    });

    test('is nothing to a handler that detaches before', () => {
      const { members } = damaged(shared, at);
      const seen: string[] = [];
      members[0]!.poll(({ payload }) => {
        seen.push(`${payload}`);
        if (seen.length === 3) members[0]!.detach();
      });
      expect(seen).toEqual(['m0', 'm1', 'm2']);
    });
  });
});

test.each([false, true])('a wrong sequence is damage without a checksum too, at every poll; shared: %s', (shared) => {
  const { members } = damaged(shared, 8, 1, false);
  expect(poll(members[0]!)).toEqual(['m0', 'm1', 'm2', FAULT]);
  for (let times = 0; times < 3; times++) expect(poll(members[0]!)).toEqual([FAULT]);
});

test('another member of a shared group is told of damage in a header, which nobody has claimed', () => {
  const { members, mend } = damaged(true, 0, 2);
  const [first, second] = members as [Consumer, Consumer];
  expect(poll(first)).toEqual(['m0', 'm1', 'm2', FAULT]);
  expect(poll(second)).toEqual([FAULT]);
  mend();
  expect(poll(second)).toEqual(['m3', 'm4', 'm5']);
  expect(poll(first)).toEqual([]);
});

test('a batch whose checksum fails stays with its member; another goes on behind it', () => {
  const { producer, members, mend } = damaged(true, 32, 2);
  const [first, second] = members as [Consumer, Consumer];
  expect(poll(first)).toEqual(['m0', 'm1', 'm2', FAULT]);
  producer.offer(Buffer.from('m6'));
  expect(poll(second)).toEqual(['m6']);
  mend();
  expect(poll(first)).toEqual(['m3', 'm4', 'm5']);
});

test('of what a dead member held, the good messages come before the damage, once', async () => {
  const { directory, members, mend } = damaged(true, 32);
  const [consumer] = members as [Consumer];
  mend();
  const child = Child.start(
    `import { attachConsumer } from 'hermes:index.js';
     const consumer = attachConsumer('ticks', { directory: process.argv[1] });
     consumer.read(() => {}, 5);
     console.log('read');
     setInterval(() => consumer, 1000);`,
    directory,
  );
  await child.line();
  await child.kill('SIGKILL');
  mend(); // damages it again
  const seen: string[] = [];
  const deadline = performance.now() + 30_000; // an idle member looks every 100 ms
  while (!seen.includes(FAULT) && performance.now() < deadline) seen.push(...poll(consumer));
  expect(seen.filter((each) => each !== 'm5')).toEqual(['m0', 'm1', 'm2', FAULT]);
  expect(poll(consumer)).toEqual([FAULT]);
  mend();
  expect([...seen.filter((each) => each === 'm5'), ...poll(consumer), ...poll(consumer)].sort()).toEqual([
    'm3',
    'm4',
    'm5',
  ]);
});

test('a shared read looks at payloads once, when it hands them out', () => {
  const { memory, mend } = damaged(true, 32);
  class MendingInFlight extends InFlight {
    override extendTo(position: number): void {
      mend(); // between the look where the batch ends and the hand-out
      super.extendTo(position);
    }
  }
  const message = new Message(memory.bytes, memory.words, memory.times, asBytes);
  const producers = new Ringer(memory, PRODUCER_BELL_OFFSET, () => {});
  const reader = new SharedReader(memory, 0, 0, new MendingInFlight(memory, 0, 1), message, producers);
  expect(reader.read(() => {}, 100)).toBe(MESSAGES);
});
