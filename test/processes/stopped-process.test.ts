import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment, type Producer } from '../../src/index.js';
import type { ConsumeNumbered } from '../programs/consume-numbered.js';
import type { HoldControlLock } from '../programs/hold-control-lock.js';
import { numberedPayload } from '../support/numbered-payload.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import { until } from '../support/until.js';
import { readHandledLog } from './handled-log.js';
import { checkRedelivery } from './redelivery.js';

const SEGMENT = 'stopped';
const MESSAGES = 2000;
/** Long enough for many looks for the dead: a back-pressured producer looks every 5 ms. */
const STALL_MS = 500;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

/** Waits until the kernel says that the process is stopped. @throws when it has failed meanwhile */
async function stopped(child: Program): Promise<void> {
  for (;;) {
    child.checkAlive();
    if (/^State:\s+T/m.test(fs.readFileSync(`/proc/${child.pid}/status`, 'ascii'))) return;
    await setTimeout(1);
  }
}

/** Offers, again and again, for `ms`. How many were accepted. */
async function offerFor(ms: number, producer: Producer, first: number): Promise<number> {
  const end = performance.now() + ms;
  let count = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 100; i++) {
      if (producer.offer(numberedPayload(0, first + count)) >= 0) count++;
    }
    await setTimeout(1);
  }
  return count;
}

describe('a stopped (SIGSTOP) consumer of a reliable group', () => {
  test('stalls the producer, keeps its place, and goes on without loss', async () => {
    createSegment(SEGMENT, { directory, producers: 1, maxGroups: 2, capacity: 65_536, maxPayload: 2000 });
    const logFile = path.join(directory, '.handled');
    const consumer = Program.start('consume-numbered');
    const command: ConsumeNumbered = { segment: SEGMENT, directory, generation: 0, logFile, limit: 10 };
    consumer.command(command);
    await consumer.next('attached');
    using producer = attachProducer(SEGMENT, { directory });
    let sent = await offerFor(100, producer, 0);
    expect(sent).toBeGreaterThan(0);

    consumer.signal('SIGSTOP');
    await stopped(consumer);
    sent += await offerFor(100, producer, sent); // what room there was is full now
    expect(await offerFor(STALL_MS, producer, sent)).toBe(0);
    const stalled = inspectSegment(SEGMENT, { directory });
    expect(stalled.groups[0]).toMatchObject({ members: [{ pid: consumer.pid, alive: true }] });
    expect(stalled.lanes[0]!.messages).toBe(sent);
    expect(stalled.lanes[0]!.backPressured).toBeGreaterThan(0);
    expect(() => attachConsumer(SEGMENT, { directory })).toThrow(
      expect.objectContaining({
        code: 'ERR_HERMES_NO_FREE_MEMBER',
        message: expect.stringContaining(`${consumer.pid}`),
      }),
    );

    consumer.signal('SIGCONT');
    const least = sent + MESSAGES;
    while (sent < least) sent += await offerFor(10, producer, sent);
    await until(() => inspectSegment(SEGMENT, { directory }).groups[0]!.lagLength === 0);
    consumer.checkAlive();
    const { handled, repeated } = checkRedelivery(readHandledLog(logFile), 1, 0);
    expect({ handled, repeated }).toEqual({ handled: [sent], repeated: 0 });
  });
});

describe('a stopped (SIGSTOP) holder of the control lock', () => {
  test('makes attaching fail with ERR_HERMES_BUSY, which names it, until it goes on', async () => {
    createSegment(SEGMENT, { directory });
    const holder = Program.start('hold-control-lock');
    const command: HoldControlLock = { segment: SEGMENT, directory };
    holder.command(command);
    await holder.next('holding');
    await stopped(holder);
    const busy = expect.objectContaining({
      code: 'ERR_HERMES_BUSY',
      message: expect.stringMatching(new RegExp(`\\bprocess ${holder.pid}\\b`)),
    });
    expect(() => attachProducer(SEGMENT, { directory })).toThrow(busy);
    expect(() => attachConsumer(SEGMENT, { directory })).toThrow(busy);
    holder.signal('SIGCONT');
    await holder.next('given back');
    attachProducer(SEGMENT, { directory }).detach();
  });

  test('that is killed then lets go of it', async () => {
    createSegment(SEGMENT, { directory });
    const holder = Program.start('hold-control-lock');
    const command: HoldControlLock = { segment: SEGMENT, directory };
    holder.command(command);
    await holder.next('holding');
    await stopped(holder);
    holder.kill();
    attachProducer(SEGMENT, { directory }).detach(); // waits for the kernel at most
  });
});
