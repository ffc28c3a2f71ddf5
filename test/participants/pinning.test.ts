import fs from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, attachRecorder, createSegment, inspectSegment } from '../../src/index.js';
import { allowedCpus, pinThread, rangesOf } from '../../src/os/cpu-affinity.js';
import { Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';

const CPUS = allowedCpus();
const [first, last] = [CPUS[0]!, CPUS.at(-1)!];

function newSegment(): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, directory });
  return directory;
}

afterEach(() => expect(allowedCpus()).toEqual(CPUS));

/** Lets the thread run where it could before. */
function freeing<T>(action: () => T): T {
  const release = pinThread(first);
  try {
    return action();
  } finally {
    release();
  }
}

describe('cpu', () => {
  test('pins the thread that attaches, and inspection tells', () => {
    const directory = newSegment();
    freeing(() => {
      using _producer = attachProducer('ticks', { directory, cpu: last });
      expect(allowedCpus()).toEqual([last]);
      using _consumer = attachConsumer('ticks', { directory, cpu: first });
      expect(allowedCpus()).toEqual([first]);
      const { lanes, groups } = inspectSegment('ticks', { directory });
      expect([lanes[0]!.producer!.cpu, groups[0]!.members[0]!.cpu]).toEqual([last, first]);
    });
  });

  test('pins a recorder, too', () => {
    const directory = newSegment();
    freeing(() => {
      using _recorder = attachRecorder('ticks', { directory, to: `${directory}/journal`, group: 'default', cpu: last });
      expect(allowedCpus()).toEqual([last]);
    });
  });

  test('a thread whose recorder cannot be attached may run where it could before', () => {
    const directory = newSegment();
    const to = `${directory}/journal`;
    using _first = attachRecorder('ticks', { directory, to, group: 'default' });
    expect(thrownBy(() => attachRecorder('ticks', { directory, to, group: 'default', cpu: last })).code).toBe(
      'ERR_HERMES_BUSY',
    );
    expect(thrownBy(() => attachRecorder('ticks', { directory, to, cpu: 1.5 })).code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(allowedCpus()).toEqual(CPUS);
  });

  test('left out, nothing is pinned, and inspection says null', () => {
    const directory = newSegment();
    using _producer = attachProducer('ticks', { directory });
    expect(allowedCpus()).toEqual(CPUS);
    expect(inspectSegment('ticks', { directory }).lanes[0]!.producer!.cpu).toBe(null);
  });

  test('a slot that was pinned tells nothing of its next owner', () => {
    const directory = newSegment();
    freeing(() => attachProducer('ticks', { directory, cpu: first }).detach());
    using _producer = attachProducer('ticks', { directory });
    expect(inspectSegment('ticks', { directory }).lanes[0]!.producer!.cpu).toBe(null);
  });

  test('a thread whose attachment fails may run where it could before', () => {
    const directory = newSegment();
    expect(thrownBy(() => attachProducer('nothing', { directory, cpu: last })).code).toBe(
      'ERR_HERMES_SEGMENT_NOT_FOUND',
    );
    expect(allowedCpus()).toEqual(CPUS);
  });

  test.each([8191, 8192, -1, 1.5, Number.NaN, '1'])('%s is refused, and names those that are allowed', (cpu) => {
    const directory = newSegment();
    const error = thrownBy(() => attachConsumer('ticks', { directory, cpu: cpu as number }));
    expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(error.message).toMatch(/^cpu is /);
    if (cpu === 8191) expect(error.message).toContain(`give one of ${rangesOf(CPUS)}`);
    expect(allowedCpus()).toEqual(CPUS);
    expect(inspectSegment('ticks', { directory }).groups[0]!.members).toEqual([]);
  });

  test('in a worker thread pins that thread alone', async () => {
    const directory = newSegment();
    const child = Child.start(
      `import { Worker } from 'node:worker_threads';
       import fs from 'node:fs';
       const pinned = () => fs.readdirSync('/proc/self/task').map((id) => fs.readFileSync('/proc/self/task/' + id + '/status', 'utf8'))
         .filter((text) => /^Cpus_allowed_list:\\t${last}$/m.test(text)).length;
       const worker = new Worker(\`
         import('\${process.argv[2]}').then(({ attachProducer }) => {
           attachProducer('ticks', { directory: '\${process.argv[1]}', cpu: ${last} });
           import('node:worker_threads').then(({ parentPort }) => parentPort.postMessage('pinned'));
         });\`, { eval: true });
       worker.once('message', () => { console.log(pinned() + ' ' + /^Cpus_allowed_list:\\t(.*)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]); process.exit(); });`,
      directory,
      new URL('../../src/index.js', import.meta.url).href,
    );
    const list = /^Cpus_allowed_list:\t(.*)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1];
    expect(await child.line()).toBe(`1 ${list}`);
  });
});
