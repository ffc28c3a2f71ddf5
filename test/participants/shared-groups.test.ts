import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  type Consumer,
  createSegment,
  inspectSegment,
  type Message,
} from '../../src/index.js';
import { attachedChild } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

/** A segment whose group `default` is a work queue, with a producer and members. */
function queue(memberCount: number, producers = 1) {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, producers, members: 4, shared: true, directory });
  const producer = attachProducer('ticks', { directory });
  const members = Array.from({ length: memberCount }, () => attachConsumer('ticks', { directory }));
  return { directory, producer, members };
}

const numbered = (first: number, count: number) => Array.from({ length: count }, (_, i) => Buffer.from(`${first + i}`));
const group = (directory: string) => inspectSegment('ticks', { directory }).groups[0]!;

function poll(consumer: Consumer, limit?: number): string[] {
  const seen: string[] = [];
  consumer.poll((message) => seen.push(`${message.payload}${message.redelivered ? ' again' : ''}`), limit);
  return seen;
}

test('the members of a shared group get each message once, among them', () => {
  const { producer, members } = queue(3);
  const seen: string[] = [];
  for (let first = 0; first < 5000; first += 100) {
    expect(producer.offerBatch(numbered(first, 100))).toBe(100);
    for (let turn = 0; turn < 20; turn++) {
      const got = poll(members[turn % 3]!, 7);
      seen.push(...got);
    }
  }
  expect(seen).toEqual(numbered(0, 5000).map(String));
});

test('what a member has not acknowledged holds the producer back, and goes to nobody else', () => {
  const { producer, members } = queue(2);
  const [slow, fast] = members as [Consumer, Consumer];
  while (producer.offer(Buffer.alloc(992)) !== BACK_PRESSURED);
  expect(slow.read(() => {}, 1)).toBe(1);
  expect(codeOf(() => slow.read(() => {}))).toBe('ERR_HERMES_INVALID_STATE'); // it holds one batch at a time
  expect(fast.poll(() => {}, 100)).toBe(63);
  expect(producer.offer(Buffer.alloc(992))).toBe(BACK_PRESSURED);
  slow.acknowledge();
  expect(producer.offer(Buffer.alloc(992))).toBeGreaterThan(0);
});

test('a handler that throws gets its message and the rest of the batch again, and no other member does', () => {
  const { producer, members } = queue(2);
  const [failing, other] = members as [Consumer, Consumer];
  producer.offerBatch(numbered(0, 6));
  const seen: string[] = [];
  const handler = (message: Message) => {
    seen.push(`${message.payload}`);
    if (seen.length === 2) throw new Error('mistake');
  };
  expect(() => failing.poll(handler, 4)).toThrow('mistake');
  expect(poll(other)).toEqual(['4', '5']);
  expect(poll(other)).toEqual([]);
  expect(poll(failing)).toEqual(['1 again', '2 again', '3 again']);
  expect(seen).toEqual(['0', '1']);
});

describe('what a dead member held', () => {
  const HELD = `(() => {
    const consumer = attachConsumer('ticks', options);
    consumer.read(() => {}, 3);
    return consumer;
  })()`;

  /** Kills a member that holds three messages of six. */
  async function orphaned() {
    const { directory, producer } = queue(0);
    producer.offerBatch(numbered(0, 6));
    const child = await attachedChild(HELD.replace('options', JSON.stringify({ directory })));
    await child.kill('SIGKILL');
    return { directory, producer };
  }

  test('goes to a member that is there, and to one that comes', async () => {
    for (const comesBefore of [true, false]) {
      const { directory, producer } = queue(0);
      const early = comesBefore ? attachConsumer('ticks', { directory }) : undefined;
      producer.offerBatch(numbered(0, 6));
      const child = await attachedChild(HELD.replace('options', JSON.stringify({ directory })));
      await child.kill('SIGKILL');
      expect(group(directory).orphanCount).toBe(1);
      const consumer = early ?? attachConsumer('ticks', { directory });
      const seen: string[] = [];
      const deadline = performance.now() + 30_000; // an idle member looks every 100 ms
      while (seen.length < 6 && performance.now() < deadline) seen.push(...poll(consumer));
      expect(seen.sort()).toEqual(['0 again', '1 again', '2 again', '3', '4', '5']);
      expect(group(directory)).toMatchObject({ orphanCount: 0, redelivered: 3, lagLength: 0 });
    }
  });

  test('holds the producer back until it is handled', async () => {
    const { directory, producer } = await orphaned();
    const consumer = attachConsumer('ticks', { directory });
    let unread = 0;
    while (producer.offer(Buffer.alloc(992)) !== BACK_PRESSURED) unread++;
    expect(producer.position - 65_536).toBeLessThanOrEqual(0);
    const seen = [...poll(consumer), ...poll(consumer, 1000)];
    expect(seen.length).toBe(6 + unread);
    expect(producer.offer(Buffer.alloc(992))).toBeGreaterThan(0);
  });
});

test('a member more than there are places is refused, with those who have them', () => {
  const { directory } = queue(4);
  const error = thrownBy(() => attachConsumer('ticks', { directory }));
  expect(error.code).toBe('ERR_HERMES_NO_FREE_MEMBER');
  expect(error.message).toContain(String(process.pid));
});

test('a group is shared or not from its creation on', () => {
  const { directory } = queue(1);
  const refused = thrownBy(() => attachConsumer('ticks', { directory, shared: false }));
  expect(refused.code).toBe('ERR_HERMES_INVALID_OPTION');
  expect(refused.message).toContain('shared true, not false');
  attachConsumer('ticks', { directory, shared: true }).detach();
});
