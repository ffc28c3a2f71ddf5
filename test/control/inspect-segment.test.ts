import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  type CreateOptions,
  createSegment,
  inspectSegment,
  listSegments,
} from '../../src/index.js';
import { attachedChild } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';

function newSegment(options: CreateOptions = {}): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 4, ...options, directory });
  return directory;
}

const inspect = (directory: string) => inspectSegment('ticks', { directory });
const groupOf = (directory: string, name: string) => inspect(directory).groups.find((group) => group.name === name)!;

test('a new segment has no lanes in use, and the group default', () => {
  const { lanes, groups, segmentId, layout } = inspect(newSegment());
  expect(lanes).toEqual([]);
  expect(groups).toMatchObject([{ name: 'default', members: [], lagLength: 0, positions: [] }]);
  expect(segmentId).toMatch(/^[0-9a-f]{32}$/);
  expect(layout).toBe('1.2');
});

test('participants are told with their process, thread and time, and whether they live', async () => {
  const directory = newSegment({ producers: 2 });
  const before = BigInt(Date.now() - 1000) * 1_000_000n;
  const producer = attachProducer('ticks', { directory });
  const consumer = attachConsumer('ticks', { directory });
  const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
  const { lanes, groups } = inspect(directory);
  expect(lanes.map((lane) => lane.producer?.pid)).toEqual([process.pid, child.pid]);
  expect(lanes[0]!.producer).toMatchObject({ alive: true, threadId });
  expect(BigInt(lanes[0]!.producer!.attachedAtNs)).toBeGreaterThan(before);
  expect(groups[0]!.members).toMatchObject([{ pid: process.pid, alive: true }]);
  await child.kill('SIGKILL');
  expect(inspect(directory).lanes[1]!.producer).toMatchObject({ pid: child.pid, alive: false });
  producer.detach();
  consumer.detach();
  expect(inspect(directory).lanes[0]!.producer).toBeNull();
  expect(inspect(directory).groups[0]!.members).toEqual([]);
});

test('lanes tell their position, their messages and what their producers met, over all producers', () => {
  const directory = newSegment();
  for (const round of [1, 2]) {
    const producer = attachProducer('ticks', { directory });
    producer.offerBatch([Buffer.alloc(1), Buffer.alloc(40)]);
    producer.tryClaim(5)!.abort();
    producer.tryClaim(5)!.abort();
    producer.detach();
    expect(inspect(directory).lanes).toMatchObject([
      {
        lane: 0,
        position: 160 * round,
        messages: 2 * round,
        attachCount: round,
        abortedClaims: 2 * round,
        backPressured: 0,
      },
    ]);
  }
});

test('a refusal counts once for each call', () => {
  const directory = newSegment();
  const producer = attachProducer('ticks', { directory });
  while (producer.offer(Buffer.alloc(992)) !== BACK_PRESSURED);
  producer.tryClaim(992);
  producer.offerBatch([Buffer.alloc(992), Buffer.alloc(992)]);
  expect(inspect(directory).lanes[0]!.backPressured).toBe(3);
});

test('groups tell how far they are behind, in bytes and messages, in each lane', () => {
  const directory = newSegment({ producers: 2 });
  const [one, two] = [attachProducer('ticks', { directory }), attachProducer('ticks', { directory })];
  const consumer = attachConsumer('ticks', { directory });
  one.offerBatch([1, 2, 3].map(() => Buffer.alloc(10)));
  two.offer(Buffer.alloc(10));
  expect(groupOf(directory, 'default')).toMatchObject({ lagLength: 4 * 64, lagCount: 4 });
  consumer.poll(() => {}, 1);
  expect(groupOf(directory, 'default')).toMatchObject({ lagLength: 3 * 64, lagCount: 3 });
  while (consumer.poll(() => {}) > 0);
  one.offer(Buffer.alloc(100));
  const { positions, lagLength, lagCount } = groupOf(directory, 'default');
  expect([lagLength, lagCount]).toEqual([160, 1]);
  expect(positions).toMatchObject([
    { lane: 0, position: 192, lagLength: 160, lagCount: 1 },
    { lane: 1, position: 64, lagLength: 0, lagCount: 0 },
  ]);
});

test('a group that begins later, or in the place of a former one, is behind by what came since', () => {
  const directory = newSegment();
  const producer = attachProducer('ticks', { directory });
  const consumer = attachConsumer('ticks', { directory });
  for (let i = 0; i < 10; i++) producer.offer(Buffer.alloc(1));
  while (consumer.poll(() => {}) > 0);
  for (const name of ['late', 'later']) {
    const guest = attachConsumer('ticks', { directory, group: name });
    producer.offerBatch([1, 2, 3].map(() => Buffer.alloc(1)));
    expect(groupOf(directory, name), name).toMatchObject({ lagLength: 3 * 64, lagCount: 3 });
    guest.poll(() => {}, 1);
    expect(groupOf(directory, name), name).toMatchObject({ lagLength: 2 * 64, lagCount: 2 });
    guest.detach();
  }
});

test('a group is behind by messages, not by the padding that it has before it', () => {
  const directory = newSegment();
  const producer = attachProducer('ticks', { directory });
  const consumer = attachConsumer('ticks', { directory });
  while (producer.position < 65_536 - 1024) {
    producer.offer(Buffer.alloc(480));
    consumer.poll(() => {});
  }
  producer.offerBatch([Buffer.alloc(2000), Buffer.alloc(1)]);
  expect(groupOf(directory, 'default')).toMatchObject({ lagLength: 1024 + 2048 + 64, lagCount: 2 });
});

test('a lossy group tells what it lost, and no positions', () => {
  const directory = newSegment();
  const producer = attachProducer('ticks', { directory });
  const reader = attachConsumer('ticks', { directory });
  const lossy = attachConsumer('ticks', { directory, group: 'observers', mode: 'lossy' });
  for (let i = 0; i < 3000; i++) {
    producer.offer(Buffer.alloc(40));
    reader.poll(() => {});
  }
  lossy.poll(() => {});
  producer.offer(Buffer.alloc(40));
  lossy.poll(({ lost }) => expect(lost).toBe(3000));
  expect(groupOf(directory, 'observers')).toMatchObject({
    mode: 'lossy',
    durable: false,
    lost: 3000,
    lagLength: 0,
    positions: [],
  });
  expect(lossy.lost).toBe(3000);
});

test('inspecting changes nothing in the segment, and takes no part in it', () => {
  const directory = newSegment();
  attachProducer('ticks', { directory }).offer(Buffer.alloc(5));
  const before = inspect(directory);
  for (let i = 0; i < 50; i++) expect(inspect(directory)).toEqual(before);
});

test('the segments of a directory are listed by name', () => {
  const directory = scratchDirectory();
  for (const name of ['b', 'a', 'C']) createSegment(name, { ...SMALL, directory });
  expect(listSegments({ directory }).map(({ name }) => name)).toEqual(['C', 'a', 'b']);
  expect(codeOf(() => inspectSegment('d', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
});
