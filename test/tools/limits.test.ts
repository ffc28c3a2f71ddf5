import { spawnSync } from 'node:child_process';
import { beforeEach, describe, expect, test } from 'vitest';
import { limitText } from '../../src/tools/system-limits.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

describe('a limit of the system is one line, and 1', () => {
  // Fewer than 20, and Node itself does not start.
  test.each([
    ['ulimit -n 25', /^hermes: (ERR_HERMES_SYSTEM: .*)?EMFILE.*ulimit -n.*\n$/],
    ['ulimit -v 2000000', /^hermes: (ERR_HERMES_SYSTEM: .*)?ENOMEM.*ulimit -v.*\n$/],
  ])('%s', async (limit, words) => {
    await cli.runHere(['create', 'ticks', '--capacity', '64KiB']);
    const line = `${limit}; exec "$@"`;
    const args = ['-c', line, 'sh', ...cli.commandFor(['consume', 'ticks', '--drain'])];
    const { status, stderr, stdout } = spawnSync('bash', args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(words);
  });
});

describe('the words for a limit', () => {
  const withCode = (code: string, message = code) => Object.assign(new Error(message), { code });

  test.each([
    [withCode('EMFILE'), /EMFILE: .*ulimit -n/],
    [withCode('ENFILE'), /ENFILE: .*file-max/],
    [withCode('EAGAIN', 'spawn node EAGAIN'), /EAGAIN: .*ulimit -u/],
    [new Error('x.node: cannot open shared object file: Too many open files'), /EMFILE/],
    [new RangeError('WebAssembly.Memory(): could not allocate memory'), /ENOMEM/],
    [new Error('outer', { cause: withCode('EMFILE') }), /EMFILE/],
  ])('%s', (error, words) => {
    expect(limitText(error)).toMatch(words);
  });

  test('of another error are none', () => {
    expect(limitText(new TypeError('unforeseen'))).toBeUndefined();
    expect(limitText(withCode('ENOENT'))).toBeUndefined();
    expect(limitText('EMFILE')).toBeUndefined();
  });
});
