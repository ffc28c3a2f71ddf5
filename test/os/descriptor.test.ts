import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { Descriptor } from '../../src/os/descriptor.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';

const { O_CREAT, O_RDONLY, O_RDWR } = fs.constants;
const MODULES = new URL('../../src/os/', import.meta.url).href;

function newFile(): string {
  const file = path.join(fs.realpathSync(scratchDirectory()), 'file');
  fs.writeFileSync(file, 'text');
  return file;
}

/** How many numbers of this process lead to a file. */
function countOf(file: string): number {
  return fs.readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false; // the one that the list was read through
    }
  }).length;
}

/** Runs the body of an async function in a worker thread, to its end. What it posted, and what was said on stderr. */
async function inWorker(body: string, file: string, trackUnmanagedFds: boolean): Promise<unknown[]> {
  const text = `
    const { parentPort, workerData: file } = require('node:worker_threads');
    const fs = require('node:fs');
    (async () => {
      const { Descriptor } = await import('${MODULES}descriptor.js');
      const { libc } = await import('${MODULES}libc.js');
      ${body}
    })();`;
  const worker = new Worker(text, { eval: true, workerData: file, trackUnmanagedFds, execArgv: [], stderr: true });
  const said: unknown[] = [];
  worker.on('message', (message) => said.push(message));
  worker.stderr.setEncoding('utf8').on('data', (line) => said.push(line));
  await new Promise((resolve) => worker.once('exit', resolve));
  return said;
}

test('an open file has its number, which is gone once it is closed', () => {
  const file = newFile();
  const descriptor = Descriptor.open(file, O_RDWR);
  expect(fs.readlinkSync(`/proc/self/fd/${descriptor.number}`)).toBe(file);
  descriptor.close();
  expect(descriptor.number).toBe(-1);
  expect(countOf(file)).toBe(0);
});

test('closing it twice closes nothing of others', () => {
  const descriptor = Descriptor.open(newFile(), O_RDONLY);
  const { number } = descriptor;
  descriptor.close();
  const other = newFile();
  expect(fs.openSync(other, 'r')).toBe(number);
  descriptor.close();
  expect(countOf(other)).toBe(1);
  fs.closeSync(number);
});

test('a file is made with its mode; a link, or what is missing, is refused', () => {
  const file = newFile();
  const descriptor = Descriptor.open(`${file}-made`, O_RDWR | O_CREAT, 0o600);
  expect(fs.fstatSync(descriptor.number).mode & 0o777).toBe(0o600);
  descriptor.close();
  fs.symlinkSync(file, `${file}-link`);
  expect(codeOf(() => Descriptor.open(`${file}-link`, O_RDONLY))).toBe('ERR_HERMES_PERMISSION');
  expect(codeOf(() => Descriptor.open(`${file}-none`, O_RDONLY))).toMatch(/^ERR_HERMES_/);
});

test('a duplicate is another number for the same open file', () => {
  const file = newFile();
  const descriptor = Descriptor.open(file, O_RDONLY);
  const duplicate = descriptor.duplicate();
  descriptor.close();
  const bytes = Buffer.alloc(2);
  fs.readSync(duplicate, bytes);
  expect(bytes.toString()).toBe('te');
  fs.closeSync(duplicate);
});

describe.each([true, false])('in a worker thread with trackUnmanagedFds: %s', (isTracked) => {
  test('it is closed as the thread ends, and passed on to no child process before', async () => {
    const file = newFile();
    const said = await inWorker(
      `const { number } = Descriptor.open(file, fs.constants.O_RDONLY);
       const flags = /flags:\\s*([0-7]+)/.exec(fs.readFileSync('/proc/self/fdinfo/' + number, 'ascii'))[1];
       parentPort.postMessage([fs.readlinkSync('/proc/self/fd/' + number), (parseInt(flags, 8) & 0o2000000) !== 0]);`,
      file,
      isTracked,
    );
    expect(said).toEqual([[file, true]]);
    expect(countOf(file)).toBe(0);
  });

  test('opening and closing again and again takes no more numbers, and leaves none behind', async () => {
    const file = newFile();
    const before = fs.readdirSync('/proc/self/fd').length;
    const said = await inWorker(
      `const opened = new Set();
       for (let i = 0; i < 100; i++) {
         const pair = [Descriptor.open(file, fs.constants.O_RDONLY), Descriptor.open(file, fs.constants.O_RDONLY)];
         for (const { number } of pair) opened.add(number);
         for (const descriptor of pair) descriptor.close();
         for (const descriptor of pair) descriptor.close();
       }
       const left = fs.readdirSync('/proc/self/fd').filter((fd) => {
         try { return fs.readlinkSync('/proc/self/fd/' + fd) === file; } catch { return false; }
       });
       parentPort.postMessage([opened.size, left.length]);`,
      file,
      isTracked,
    );
    expect(said).toEqual([[2, 0]]);
    expect(fs.readdirSync('/proc/self/fd')).toHaveLength(before);
  });

  test('a file that cannot be opened takes nothing', async () => {
    const file = `${newFile()}-none`;
    const before = fs.readdirSync('/proc/self/fd').length;
    const said = await inWorker(
      `const count = () => fs.readdirSync('/proc/self/fd').length;
       Descriptor.open('/dev/null', fs.constants.O_RDONLY).close();
       const before = count();
       for (let i = 0; i < 10; i++) try { Descriptor.open(file, fs.constants.O_RDONLY); } catch ({ name }) { parentPort.postMessage(name); }
       parentPort.postMessage(count() - before);`,
      file,
      isTracked,
    );
    expect(said).toEqual([...Array(10).fill('HermesError'), 0]);
    expect(fs.readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

test('where the C library cannot be told of the thread’s end, Node is the owner', async () => {
  const file = newFile();
  const said = await inWorker(
    `libc().atThreadEnd = undefined;
     Descriptor.open(file, fs.constants.O_RDONLY).close();
     Descriptor.open(file, fs.constants.O_RDONLY);
     parentPort.postMessage('opened');`,
    file,
    true,
  );
  expect(said).toEqual(['opened']);
  expect(countOf(file)).toBe(0);
});
