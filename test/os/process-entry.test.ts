import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandName, processEntry } from '../../src/os/process-entry.js';
import { RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';

/** A program of a shell that has a file open, with a pipe that nobody reads as its stdout. */
async function shell(program: string): Promise<{ pid: number; file: fs.Stats }> {
  const file = path.join(scratchDirectory(), 'file');
  fs.writeFileSync(file, '');
  const running = RunningCommand.start('sh', ['-c', `exec 3<${file}; echo begun >&2; ${program}`]);
  running.process.stdout!.pause();
  await until(() => running.errors !== '');
  return { pid: running.pid, file: fs.statSync(file) };
}

describe('what /proc says of a process', () => {
  test('its command, and that it was stopped', async () => {
    const { pid, file } = await shell('exec sleep 60');
    await until(() => processEntry(pid, file)?.command === 'sleep');
    expect(processEntry(pid, file)).toEqual({ command: 'sleep', isStopped: false, awaitsReader: false });
    process.kill(pid, 'SIGSTOP');
    await until(() => processEntry(pid, file)?.isStopped === true);
  });

  test('that it waits until its output is read', async () => {
    const { pid, file } = await shell('exec yes');
    await until(() => processEntry(pid, file)?.awaitsReader === true);
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
