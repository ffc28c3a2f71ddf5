import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Consumer, MessageHandler } from '../../src/index.js';

const IDLE_MS = 1;

/** Polls, and sleeps when there is nothing, until `isDone` says so and nothing is left. */
export async function consumeUntil(consumer: Consumer, handler: MessageHandler, isDone: () => boolean): Promise<void> {
  for (;;) {
    const done = isDone(); // asked before the last look
    if (consumer.poll(handler) > 0) await setImmediate();
    else if (done) return;
    else await setTimeout(IDLE_MS);
  }
}
