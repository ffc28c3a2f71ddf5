import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { attachProducer, type Consumer, type Producer } from '../../src/index.js';
import { ensureFifo } from '../../src/os/fifo.js';
import { attachedPair, fillLane, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { isPending, rejectionOf } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';

/** What can be wrong with the FIFO that a participant is about to sleep on for the first time. */
const FAULTS: Readonly<Record<string, (fifo: string) => void>> = {
  'was removed': () => {},
  'was replaced by a file': (fifo) => fs.writeFileSync(fifo, ''),
  'was replaced by a link': (fifo) => fs.symlinkSync('/dev/null', fifo),
  'was replaced by a directory': (fifo) => fs.mkdirSync(fifo),
  'finds no free descriptor': (fifo) => failToOpen(fifo, 'EMFILE'),
  'is not ours to open': (fifo) => failToOpen(fifo, 'EACCES'),
};

const { openSync } = fs;
const closed: Map<string, string> = new Map();

function failToOpen(fifo: string, code: string): void {
  closed.set(fifo, code);
  const opening = vi.spyOn(fs, 'openSync').mockImplementation((file, ...rest) => {
    const failure = closed.get(`${file}`);
    if (failure !== undefined) throw Object.assign(new Error(failure), { code: failure });
    return openSync(file, ...rest);
  });
  onTestFinished(() => opening.mockRestore());
}

/** A pair of participants, none of whom can sleep on its FIFO. */
function deafPair(fault: string): { fifos: string[]; producer: Producer; consumer: Consumer } {
  const { directory, producer, consumer } = attachedPair({}, { idle: 'doorbell' }, { idle: 'doorbell' });
  const names = fs.readdirSync(directory).filter((entry) => entry.startsWith('.bell-'));
  const fifos = names.map((name) => path.join(fs.realpathSync(directory), name));
  for (const fifo of fifos) {
    fs.unlinkSync(fifo);
    FAULTS[fault]!(fifo);
  }
  return { fifos, producer, consumer };
}

async function later(action: () => void): Promise<void> {
  await setTimeout(20);
  action();
}

describe.each(Object.keys(FAULTS))('a participant whose FIFO %s', (fault) => {
  test('waits all the same, in every form', async () => {
    const { producer, consumer } = deafPair(fault);
    expect(await consumer.waitAsync({ timeout: 5 })).toBe(false);
    expect(consumer.wait({ timeout: 5 })).toBe(false);
    void later(() => offerNumbers(producer, 0, 1));
    expect(await consumer.waitAsync()).toBe(true);
    expect(consumer.wait()).toBe(true);
    void later(() => offerNumbers(producer, 1, 2));
    const found: number[] = [];
    for await (const { payload } of consumer) {
      found.push(payload[0]!);
      if (found.length === 3) break;
    }
    expect(found).toEqual([0, 1, 2]);
    consumer.poll(() => {});
    fillLane(producer);
    void later(() => consumer.poll(() => {}));
    await producer.send(Buffer.alloc(1000));
    void later(() => consumer.poll(() => {}));
    await producer.flush();
  });

  test('waits as long as it is told to, and no longer', async () => {
    const { consumer } = deafPair(fault);
    const { signal, abort } = abortable();
    const aborted = consumer.waitAsync({ signal });
    const detached = consumer.waitAsync();
    expect(await isPending(aborted)).toBe(true);
    abort('reason');
    expect(await rejectionOf(aborted)).toBe('reason');
    consumer.detach();
    expect(await rejectionOf(detached)).toMatchObject({ code: 'ERR_HERMES_DETACHED' });
  });

  test('sleeps on it as soon as it can again', async () => {
    const { fifos, producer, consumer } = deafPair(fault);
    expect(await consumer.waitAsync({ timeout: 5 })).toBe(false);
    vi.restoreAllMocks();
    for (const fifo of fifos) {
      fs.rmSync(fifo, { force: true, recursive: true });
      ensureFifo(fifo, 0o600);
    }
    const waited = consumer.waitAsync();
    expect(fs.readdirSync('/proc/self/fd').filter((fd) => fifos.includes(linkOf(fd)))).toHaveLength(1);
    offerNumbers(producer, 0, 1);
    expect(await waited).toBe(true);
  });
});

function abortable(): { signal: AbortSignal; abort: (reason: unknown) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

function linkOf(fd: string): string {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the one that the list was read through
  }
}

test('a process whose consumer waits without its FIFO stays alive, says why once, and ends when it is told to', async () => {
  const directory = scratchDirectory();
  const child = Child.start(
    `import fs from 'node:fs';
     import { attachConsumer, attachProducer, createSegment } from 'hermes:index.js';
     const options = { directory: process.argv[1], idle: 'doorbell' };
     createSegment('ticks', { directory: options.directory, producers: 1, maxGroups: 1, members: 1, capacity: 65536 });
     const consumer = attachConsumer('ticks', options);
     for (const name of fs.readdirSync(options.directory)) if (name.startsWith('.bell-')) fs.unlinkSync(options.directory + '/' + name);
     process.on('warning', ({ name, code, message }) => console.log(name, code, /looks every 250 ms/.test(message)));
     for (let i = 0; i < 3; i++) await consumer.waitAsync({ timeout: 1 });
     console.log(await consumer.waitAsync());
     consumer.poll(() => {});
     consumer.unref();
     void consumer.waitAsync().then(() => console.log('never'));`,
    directory,
  );
  expect(await child.line()).toBe('HermesWarning HERMES_NOT_WOKEN true');
  await setTimeout(300);
  using producer = attachProducer('ticks', { directory });
  offerNumbers(producer, 0, 1);
  expect(await child.line()).toBe('true');
  expect(await child.ended).toBe(0);
});
