import { onTestFinished } from 'vitest';
import { attachConsumer, attachProducer, createSegment, type Producer } from '../../src/index.js';
import { fillLane } from './attached-pair.js';
import { scratchDirectory } from './scratch.js';

/** A new segment of one small lane, which is full because nobody has read from it. */
export function fullSegment(options: { shared?: boolean } = {}): {
  directory: string;
  producer: Producer;
  count: number;
} {
  const directory = scratchDirectory();
  createSegment('ticks', { producers: 1, members: 3, capacity: 65_536, ...options, directory });
  const producer = attachProducer('ticks', { directory });
  onTestFinished(() => producer.detach());
  return { directory, producer, count: fillLane(producer) };
}

/** Gives a group of its own a place in the segment, at the oldest message, and leaves it without members. */
export function addDurableGroup(directory: string, group: string): void {
  attachConsumer('ticks', { directory, group, durable: true, from: 'oldest' }).detach();
}
