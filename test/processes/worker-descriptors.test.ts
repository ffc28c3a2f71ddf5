import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment } from '../../src/index.js';
import type { Activity, Ending } from '../programs/worker-ending.js';
import { scratchDirectory } from '../support/scratch.js';

/** Files that the main thread opens as soon as the worker may have closed some. */
const MOST_FILES = 60;

const ACTIVITIES: readonly Activity[] = [
  'sleeps and detaches',
  'sleeps',
  'is asleep',
  'blocks and detaches',
  'blocks',
  'blocks, sleeps, and detaches twice',
  'detaches in a handler',
  'is two participants, who sleep and ring each other',
  'goes on and off',
  'keeps a journal',
  'keeps a journal and detaches',
  'records',
  'reads a journal',
];
/** Of these, something keeps the worker going. */
const ENDLESS: readonly Activity[] = ['is asleep', 'records'];

function isOpen(fd: number, file: string): boolean {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`) === file;
  } catch {
    return false;
  }
}

/** The files below a directory that this process has open. */
function openBelow(directory: string): string[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = fs.readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(directory) ? [file] : [];
    } catch {
      return []; // the one that the list was read through
    }
  });
}

/** Lives a Worker's life beside a main thread that opens files, and returns what was said, warnings and errors among it. */
async function live(data: Ending, directory: string, trackUnmanagedFds: boolean): Promise<unknown[]> {
  const program = new URL('../programs/worker-ending.js', import.meta.url);
  const worker = new Worker(program, { workerData: data, trackUnmanagedFds, execArgv: [], stderr: true });
  const said: unknown[] = [];
  worker.on('message', (message) => said.push(message));
  worker.on('error', ({ message }) => said.push(message));
  worker.stderr.setEncoding('utf8').on('data', (text) => said.push(text));
  await once(worker, 'message');
  let hasEnded = false;
  worker.once('exit', () => {
    hasEnded = true;
  });
  const files = new Map<number, string>();
  const open = () => {
    const file = path.join(directory, `of-the-main-thread-${files.size}`);
    files.set(fs.openSync(file, 'w'), file);
  };
  while (files.size < MOST_FILES / 2) open(); // where the worker has closed something
  if (data.end === 'terminated') void worker.terminate();
  else worker.postMessage('end');
  while (!hasEnded) {
    if (files.size < MOST_FILES) open(); // where it closes something now
    await setImmediate();
  }
  for (const [fd, file] of files) {
    if (isOpen(fd, file)) fs.closeSync(fd);
    else said.push(`descriptor ${fd} of the main thread is gone`);
  }
  return said;
}

describe.each([true, false])('a Worker with trackUnmanagedFds: %s', (isTracked) => {
  test.each(['terminated', 'exit', 'error', 'nothing left to do'] as const)(
    'that ends by %s has closed what it had open, and nothing of others',
    async (end) => {
      const directory = fs.realpathSync(scratchDirectory());
      const directories: Record<string, string> = {};
      for (const [i, activity] of ACTIVITIES.entries()) {
        if (end === 'nothing left to do' && ENDLESS.includes(activity)) continue;
        directories[activity] = path.join(directory, `${i}`);
        createSegment('slots', { directory: directories[activity], producers: 1, maxGroups: 2, members: 1 });
      }
      const said = await live({ directories, end }, directory, isTracked);
      expect(said).toEqual(end === 'error' ? ['ready', 'uncaught'] : ['ready']);
      expect(openBelow(directory)).toEqual([]);
      for (const own of Object.values(directories)) {
        const journal = path.join(own, 'journal');
        using producer = attachProducer('slots', { directory: own, journal: { directory: journal, sync: 'os' } });
        using consumer = attachConsumer('slots', { directory: own });
        while (consumer.poll(() => {}) > 0);
        expect(producer.offer(Buffer.alloc(1000))).toBeGreaterThan(0);
        expect(consumer.poll(() => {})).toBe(1);
      }
    },
  );
});
