import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { UsageError } from '../../src/tools/command.js';
import { OutputFile } from '../../src/tools/output-file.js';
import { scratchDirectory } from '../support/scratch.js';
import { CommandLine } from './command-line.js';

let file: string;
beforeEach(() => {
  file = path.join(scratchDirectory(), 'out.svg');
});

test('a file that cannot be written is told before, with the option', () => {
  expect(() => OutputFile.open(path.join(file, 'x'), '--svg')).toThrow(UsageError);
  expect(() => OutputFile.open(path.join(file, 'x'), '--svg')).toThrow(/--svg: cannot write .*ENOENT/);
});

test('one that is made and never written is gone again, one that was there is as it was', () => {
  OutputFile.open(file, '--svg')![Symbol.dispose]();
  expect(fs.existsSync(file)).toBe(false);
  fs.writeFileSync(file, 'before');
  OutputFile.open(file, '--svg')![Symbol.dispose]();
  expect(fs.readFileSync(file, 'utf8')).toBe('before');
});

test('what is written replaces what was there', () => {
  fs.writeFileSync(file, 'a longer text than the one that comes');
  const output = OutputFile.open(file, '--svg')!;
  output.write('new');
  output[Symbol.dispose]();
  expect(fs.readFileSync(file, 'utf8')).toBe('new');
});

test('no bench and no observation begins with a file that cannot be written', async () => {
  const cli = new CommandLine();
  await cli.runHere(['create', 'ticks', '--capacity', '64KiB']);
  for (const command of [
    ['bench', 'latency'],
    ['latency', 'ticks'],
  ]) {
    for (const option of ['--svg', '--hgrm']) {
      const { code, stdout, stderr } = await cli.runHere([...command, option, '/nowhere/x']);
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`${option}: cannot write /nowhere/x`);
    }
  }
});
