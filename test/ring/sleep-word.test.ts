import { expect, test } from 'vitest';
import { SLOT_SLEEP_OFFSET } from '../../src/layout/participant-slot.js';
import { CONSUMER_BELL_OFFSET, PRODUCER_BELL_OFFSET } from '../../src/layout/preamble.js';
import { memberSlotIndex, wordAt } from '../../src/ring/indices.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { ringIfAsleep, SleepWord } from '../../src/segment/sleep-word.js';
import { rawSegment } from '../support/raw-segment.js';

function sleeper() {
  const { memory } = rawSegment();
  const slotIndex = memberSlotIndex(memory, 0, 0);
  const index = wordAt(slotIndex, SLOT_SLEEP_OFFSET);
  return {
    memory,
    slotIndex,
    word: new SleepWord(memory, slotIndex, CONSUMER_BELL_OFFSET),
    value: () => Atomics.load(memory.words, index),
    set: (value: number) => Atomics.store(memory.words, index, value),
    bell: () => Atomics.load(memory.words, CONSUMER_BELL_OFFSET >>> 2),
    ring: (write: () => boolean = () => true) => ringIfAsleep(memory, slotIndex, write),
  };
}

/** The word at the moment at which the byte is written, too. */
function ringing({ memory, slotIndex, value }: { memory: SegmentMemory; slotIndex: number; value: () => number }) {
  const seen: number[] = [];
  ringIfAsleep(memory, slotIndex, (written) => {
    expect(written).toBe(slotIndex);
    seen.push(value());
    return true;
  });
  return seen;
}

test('a sleeper’s word is odd, an awake one’s even; each sleep counts once, and rings the bell once', () => {
  const { word, value, bell, memory } = sleeper();
  const [before, others] = [bell(), Atomics.load(memory.words, PRODUCER_BELL_OFFSET >>> 2)];
  const values = [value()];
  for (let i = 0; i < 3; i++) {
    word.goToSleep();
    word.goToSleep(); // asleep already, and not rung since
    values.push(value());
    word.wakeUp();
    word.wakeUp();
    values.push(value());
  }
  expect(values).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(bell() - before).toBe(3);
  expect(Atomics.load(memory.words, PRODUCER_BELL_OFFSET >>> 2)).toBe(others);
});

test('the byte is written before the word says that it was', () => {
  const subject = sleeper();
  subject.word.goToSleep();
  expect(ringing(subject)).toEqual([1]);
  expect(subject.value()).toBe(2);
});

test('who is awake, or was rung, is not rung', () => {
  const subject = sleeper();
  expect(ringing(subject)).toEqual([]);
  subject.word.goToSleep();
  ringing(subject);
  expect(ringing(subject)).toEqual([]);
});

test('who was rung goes to sleep anew: a new count, and the bell again', () => {
  const { word, value, bell, ring } = sleeper();
  word.goToSleep();
  ring();
  const before = bell();
  word.goToSleep();
  expect([value(), bell() - before]).toEqual([3, 1]);
});

test('a ringer that was stopped while it wrote does not take the next sleep for the one that it meant', () => {
  const { word, value, ring } = sleeper();
  word.goToSleep();
  ring(() => {
    word.wakeUp(); // woken by somebody else, and asleep again
    word.goToSleep();
    return true;
  });
  expect(value()).toBe(3);
});

test('a ringer that cannot write leaves the sleeper to those who can', () => {
  const subject = sleeper();
  subject.word.goToSleep();
  subject.ring(() => false);
  expect(subject.value()).toBe(1);
  expect(ringing(subject)).toEqual([1]);
  expect(subject.value()).toBe(2);
});

test('the count comes round', () => {
  const { word, value, set, ring } = sleeper();
  set(0x7fff_fffe);
  word.goToSleep();
  expect(value()).toBe(0x7fff_ffff);
  ring();
  expect(value()).toBe(-0x8000_0000);
  set(-2);
  word.goToSleep();
  expect(value()).toBe(-1);
  word.wakeUp();
  expect(value()).toBe(0);
});
