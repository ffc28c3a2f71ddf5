import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment } from '../../src/index.js';
import type { Exchange } from '../programs/worker-exchange.js';
import type { Occupant } from '../programs/worker-occupant.js';
import { randomMoments } from '../support/random-moments.js';
import { scratchDirectory } from '../support/scratch.js';

const SUCCESSORS = 12;

let directory: string;
const workers: Worker[] = [];
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

function startWorker(program: string, workerData: Exchange | Occupant): Worker {
  const worker = new Worker(new URL(`../programs/${program}.js`, import.meta.url), { workerData, execArgv: [] });
  workers.push(worker);
  return worker;
}

/** What the worker posts next. @throws what the worker throws */
async function posted(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, 'message');
  return message;
}

describe('two Workers of one process', () => {
  test('attach by name and exchange messages', async () => {
    const shape = { directory, producers: 1, capacity: 65_536, maxPayload: 2000 };
    createSegment('questions', shape);
    createSegment('answers', shape);
    const exchange = { directory, questions: 'questions', answers: 'answers', count: 20_000 };
    const answering = startWorker('worker-exchange', { ...exchange, role: 'answers' });
    const asking = startWorker('worker-exchange', { ...exchange, role: 'asks' });
    expect(await Promise.all([posted(asking), posted(answering)])).toEqual([exchange.count, exchange.count]);
  });
});

describe('a Worker that is terminated', () => {
  test.each(['running', 'sleeping'] as const)('while %s leaves its slots to the next', async (activity) => {
    createSegment('slots', { directory, producers: 1, maxGroups: 1, members: 1 });
    for (let i = 0; i < SUCCESSORS; i++) {
      const worker = startWorker('worker-occupant', { segment: 'slots', directory, activity });
      expect(await posted(worker)).toBe('attached');
      expect(() => attachProducer('slots', { directory })).toThrow(
        expect.objectContaining({ code: 'ERR_HERMES_NO_FREE_LANE' }),
      );
      expect(() => attachConsumer('slots', { directory })).toThrow(
        expect.objectContaining({ code: 'ERR_HERMES_NO_FREE_MEMBER' }),
      );
      await worker.terminate();
    }
    const { lanes } = inspectSegment('slots', { directory });
    expect(lanes[0]).toMatchObject({ attachCount: SUCCESSORS, producer: { pid: process.pid, alive: false } });
    using producer = attachProducer('slots', { directory });
    using consumer = attachConsumer('slots', { directory });
    while (consumer.poll(() => {}) > 0);
    const before = inspectSegment('slots', { directory }).lanes[0]!.messages;
    expect(producer.offer(Buffer.from('next'))).toBeGreaterThan(0);
    expect(consumer.poll((message) => expect(message.sequence).toBe(before))).toBe(1);
  });

  test('while it attaches and detaches leaves everything free', async () => {
    createSegment('slots', { directory, producers: 1, maxGroups: 1, members: 1 });
    const moments = randomMoments();
    for (let i = 0; i < SUCCESSORS; i++) {
      const worker = startWorker('worker-occupant', { segment: 'slots', directory, activity: 'attaching' });
      await posted(worker);
      await setTimeout(moments.fraction() * 10);
      await worker.terminate();
      using producer = attachProducer('slots', { directory });
      using consumer = attachConsumer('slots', { directory });
      expect(producer.offer(Buffer.from('next'))).toBeGreaterThan(0);
      expect(consumer.poll(() => {})).toBeGreaterThan(0);
    }
  });
});
