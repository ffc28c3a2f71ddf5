import { expect, test } from 'vitest';
import { CONSUMER_BELL_OFFSET } from '../../src/layout/preamble.js';
import { memberSlotIndex } from '../../src/ring/indices.js';
import { Ringer } from '../../src/ring/ringer.js';
import { SleepWord } from '../../src/segment/sleep-word.js';
import { rawSegment } from '../support/raw-segment.js';

function bells() {
  const { memory } = rawSegment();
  const sleep = () => new SleepWord(memory, memberSlotIndex(memory, 0, 0), CONSUMER_BELL_OFFSET);
  const ringer = () => {
    let count = 0;
    const subject = new Ringer(memory, CONSUMER_BELL_OFFSET, () => count++);
    return {
      ring: () => subject.ring(),
      get count() {
        return count;
      },
    };
  };
  return { sleeper: sleep(), ringer };
}

test('the first time everybody is looked at: somebody may have gone to sleep before', () => {
  const { sleeper, ringer } = bells();
  sleeper.goToSleep();
  const subject = ringer();
  subject.ring();
  expect(subject.count).toBe(1);
});

test('nobody is looked at as long as the bell is as it was', () => {
  const { sleeper, ringer } = bells();
  const subject = ringer();
  for (let i = 0; i < 5; i++) subject.ring();
  expect(subject.count).toBe(1);
  sleeper.goToSleep();
  for (let i = 0; i < 5; i++) subject.ring();
  expect(subject.count).toBe(2);
});

test('each ringer has a copy of its own of the bell', () => {
  const { sleeper, ringer } = bells();
  const [first, second] = [ringer(), ringer()];
  first.ring();
  second.ring();
  sleeper.goToSleep();
  first.ring();
  second.ring();
  expect([first.count, second.count]).toEqual([2, 2]);
});

test('who goes to sleep while the others are rung is rung the next time', () => {
  const { memory } = rawSegment();
  const sleeper = new SleepWord(memory, memberSlotIndex(memory, 0, 0), CONSUMER_BELL_OFFSET);
  let count = 0;
  const subject = new Ringer(memory, CONSUMER_BELL_OFFSET, () => {
    if (count++ === 0) sleeper.goToSleep(); // after it was looked at
  });
  subject.ring();
  subject.ring();
  subject.ring();
  expect(count).toBe(2);
});
