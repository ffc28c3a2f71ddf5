import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/tools/commands.js';
import { scratchDirectory } from '../support/scratch.js';
import { CommandLine } from './command-line.js';

test('each command is found by the names that its own file has', async () => {
  expect(COMMANDS.length).toBeGreaterThan(10);
  for (const { names, load } of COMMANDS) {
    const { command } = await load();
    expect([command].flat().map((each) => each.split(' ')[0])).toEqual(names);
  }
});

/** The files of Hermes that a command loads: V8 lists them where it is asked for coverage. */
function filesLoaded(...args: string[]): string[] {
  const coverage = scratchDirectory();
  const [program, ...words] = new CommandLine().commandFor(args);
  const { status } = spawnSync(program!, words, { env: { ...process.env, NODE_V8_COVERAGE: coverage } });
  expect(status).toBe(0);
  const [report] = fs.readdirSync(coverage);
  const { result } = JSON.parse(fs.readFileSync(path.join(coverage, report!), 'utf8')) as { result: { url: string }[] };
  return result.map(({ url }) => path.basename(url)).filter((name) => /\.js$/.test(name));
}

test('a command loads its own file and those that it needs, by any of its names; the help loads all', () => {
  const commandsIn = (files: string[]) => files.flatMap((file) => /^(\w+)-command-/.exec(file)?.slice(1) ?? []);
  expect(commandsIn(filesLoaded('list'))).toEqual(['ls']);
  expect(commandsIn(filesLoaded('--help'))).toEqual(expect.arrayContaining(['ls', 'produce', 'replay', 'bench']));
});
