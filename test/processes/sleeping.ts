import { expect } from 'vitest';
import { type CreateOptions, createSegment } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';

/*
 * Who sleeps is woken by whoever ends what it sleeps for, in another process. `UNAIDED` takes the slow look away, so that
 * nothing but the doorbell can wake it: a wake-up that is not rung is a hang.
 */
export const UNAIDED: string = 'globalThis.setInterval = () => ({ unref: () => {} });';

/** Prints the first byte of every message as it comes. */
export function sleepingConsumer(directory: string, options: string, prelude: string = UNAIDED): Child {
  return Child.start(
    `${prelude}
     const { attachConsumer } = await import('hermes:index.js');
     const consumer = attachConsumer('ticks', { directory: process.argv[1], idle: 'doorbell', ${options} });
     console.log('sleeps');
     for await (const { payload } of consumer) console.log(payload[0]);`,
    directory,
  );
}

/** Sends one message that waits for room, and prints that it was sent. */
export async function blockedProducer(directory: string, prelude: string = UNAIDED): Promise<Child> {
  const child = Child.start(
    `${prelude}
     const { attachProducer } = await import('hermes:index.js');
     const producer = attachProducer('ticks', { directory: process.argv[1], idle: 'doorbell' });
     while (producer.offer(Buffer.alloc(1000)) >= 0);
     const sent = producer.send(Buffer.alloc(1000));
     console.log('sleeps');
     await sent;
     console.log('sent');
     setInterval(() => producer, 1000);`,
    directory,
  );
  expect(await child.line()).toBe('sleeps');
  await untilAsleep(directory, { producers: 1 });
  return child;
}

/** A new segment, small. */
export function smallSegment(options: CreateOptions = {}): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 3, members: 3, ...options, directory });
  return directory;
}
