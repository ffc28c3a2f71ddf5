import path from 'node:path';
import { attachConsumer, createSegment, type Message, openJournal } from '../../src/index.js';
import { scratchDirectory } from '../support/scratch.js';

export const SEGMENT = 'ticks';

/** A new segment, and a directory for the journal of its producers. */
export function newSegment(options: object = {}): { directory: string; journal: string } {
  const directory = scratchDirectory();
  createSegment(SEGMENT, { directory, producers: 2, capacity: 65_536, ...options });
  return { directory, journal: path.join(directory, '.journal') };
}

/** The payloads of a journal, as text. */
export function payloadsIn(journal: string): string[] {
  using reader = openJournal(journal);
  return textsOf((handler) => reader.read(handler));
}

/** The payloads of what waits in the segment for the group `default`, as text. */
export function received(directory: string): string[] {
  using consumer = attachConsumer(SEGMENT, { directory });
  return textsOf((handler) => consumer.poll(handler));
}

/** The payloads that `read` hands out until there are none, as text. */
export function textsOf(read: (handler: (message: Message) => void) => number): string[] {
  const texts: string[] = [];
  while (read(({ payload }) => texts.push(payload.toString())) > 0);
  return texts;
}
