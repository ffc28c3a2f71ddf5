import { beforeEach, expect, test } from 'vitest';
import { attachConsumer, attachProducer, type Consumer, createSegment, type Producer } from '../../src/index.js';
import { scratchDirectory } from '../support/scratch.js';

const LANES = 20;
/** Polls within which idle lanes are left out for sure. */
const MANY_POLLS = 5000;

let directory: string;
let producers: Producer[];
let consumer: Consumer;

beforeEach(() => {
  directory = scratchDirectory();
  createSegment('lanes', { directory, producers: LANES, maxGroups: 2, members: 1, capacity: 65_536 });
  producers = Array.from({ length: LANES }, () => attachProducer('lanes', { directory }));
  consumer = attachConsumer('lanes', { directory });
  return () => {
    for (const each of [...producers, consumer]) each.detach();
  };
});

/** The lanes of all messages that polls hand out until one finds nothing. */
function lanesRead(from: Consumer = consumer): number[] {
  const lanes: number[] = [];
  while (from.poll((message) => lanes.push(message.lane)) > 0);
  return lanes;
}

function leaveIdleLanesOut(from: Consumer = consumer): void {
  for (let i = 0; i < MANY_POLLS; i++) from.poll(() => {});
}

test.each(Array.from({ length: LANES }, (_, lane) => lane))(
  'a message is read from lane %i though all were idle for long',
  (lane) => {
    leaveIdleLanesOut();
    producers[lane]!.offer(Buffer.from('first'));
    expect(lanesRead()).toEqual([lane]);
    producers[lane]!.offer(Buffer.from('second'));
    expect(lanesRead()).toEqual([lane]);
  },
);

test('again and again, while one lane is always busy', () => {
  for (let round = 0; round < 3 * LANES; round++) {
    for (let i = 0; i < 1200; i++) {
      producers[3]!.offer(Buffer.from('busy'));
      expect(consumer.poll(() => {})).toBe(1);
    }
    const lane = round % LANES;
    producers[lane]!.offer(Buffer.from('seldom'));
    expect(lanesRead()).toEqual([lane]);
  }
});

test('every way to publish is noticed: a batch, a claim', () => {
  leaveIdleLanesOut();
  producers[5]!.offerBatch([Buffer.from('a'), Buffer.from('b')]);
  producers[17]!.tryClaim(3)!.commit();
  expect(lanesRead().sort()).toEqual([17, 5, 5]);
});

test('each group leaves lanes out for itself', () => {
  const other = attachConsumer('lanes', { directory, group: 'other' });
  leaveIdleLanesOut();
  producers[9]!.offer(Buffer.from('to both'));
  expect(lanesRead()).toEqual([9]);
  leaveIdleLanesOut();
  expect(lanesRead(other)).toEqual([9]);
  leaveIdleLanesOut(other);
  producers[9]!.offer(Buffer.from('to both'));
  expect([lanesRead(), lanesRead(other)]).toEqual([[9], [9]]);
  other.detach();
});

test('a successor in a lane that was left out is noticed', () => {
  leaveIdleLanesOut();
  producers[12]!.detach();
  producers[12] = attachProducer('lanes', { directory });
  expect(producers[12]!.lane).toBe(12);
  producers[12]!.offer(Buffer.from('of the successor'));
  expect(lanesRead()).toEqual([12]);
});

test('waiting and draining look at all lanes', () => {
  leaveIdleLanesOut();
  producers[19]!.offer(Buffer.from('last'));
  expect(consumer.wait({ timeout: 0 })).toBe(true);
  for (const each of producers) each.detach();
  expect(consumer.isDrained()).toBe(false);
  expect(lanesRead()).toEqual([19]);
  expect(consumer.isDrained()).toBe(true);
});
