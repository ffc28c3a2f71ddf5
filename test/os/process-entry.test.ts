import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commandName, processEntry } from '../../src/os/process-entry.js';
import { scratchDirectory } from '../support/scratch.js';

/** A program of a shell that has a file open, with a pipe that nobody reads as its stdout. */
async function shell(program: string): Promise<{ pid: number; file: fs.Stats }> {
  const file = path.join(scratchDirectory(), 'file');
  fs.writeFileSync(file, '');
  const child = spawn('sh', ['-c', `exec 3<${file}; echo begun >&2; ${program}`], { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  child.stdout.pause();
  onTestFinished(() => void child.stdout.resume());
  await once(child.stderr, 'data');
  return { pid: child.pid!, file: fs.statSync(file) };
}

async function untilSo<T>(look: () => T, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = look();
    if (isSo(value)) return value;
    await setTimeout(5);
  }
}

describe('what /proc says of a process', () => {
  test('its command, and that it was stopped', async () => {
    const { pid, file } = await shell('exec sleep 60');
    const entry = await untilSo(
      () => processEntry(pid, file),
      (found) => found?.command === 'sleep',
    );
    expect(entry).toEqual({ command: 'sleep', isStopped: false, awaitsReader: false });
    process.kill(pid, 'SIGSTOP');
    await untilSo(
      () => processEntry(pid, file),
      (found) => found?.isStopped === true,
    );
  });

  test('that it waits until its output is read', async () => {
    const { pid, file } = await shell('exec yes');
    await untilSo(
      () => processEntry(pid, file),
      (found) => found?.awaitsReader === true,
    );
  });

  test('nothing of a process that has not the file open, nor of one that there is not', async () => {
    const { file } = await shell('exec sleep 60');
    expect(processEntry(process.pid, file)).toBeUndefined();
    expect(processEntry(2 ** 22 + 1, file)).toBeUndefined();
  });
});

test.each([
  ['/usr/bin/node', ['worker.js', '--token=secret'], 'node worker.js'],
  ['node', ['--expose-gc', '/app/dist/server.mjs', 'x'], 'node server.mjs'],
  ['node', ['--input-type=module', '-e', 'secret()'], 'node -e'],
  ['node', ['--require', '/x/hooks.cjs', '--import', 'tsx', 'app.ts'], 'node app.ts'],
  ['node', [''], 'node'],
  ['node', ['/app/bin/hermes.js', '--directory', 'dir', 'consume', 'ticks'], 'hermes consume'],
  ['node', ['/usr/local/bin/hermes', 'produce', 'ticks'], 'hermes produce'],
  ['/opt/python3.11', ['job.py'], 'python3.11'],
  ['node (vitest 1)', [''], 'node'],
])('the command of %s %j is %s', (program, args, name) => {
  expect(commandName(program, args)).toBe(name);
});
