import fs from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

async function helpOf(...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli.run([...command, '--help']);
  expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
  return stdout.toString();
}

/** The first words of the commands that a help text lists. */
function commandsIn(help: string, prefix: string): string[] {
  const [listed = ''] = help.split(/^Examples:\n/m);
  return [...listed.matchAll(new RegExp(`^ {2}${prefix} ([a-z]+)`, 'gm'))].map(([, command]) => command!);
}

function examplesIn(help: string): string[] {
  const [, examples = ''] = help.split(/^Examples:\n/m);
  return examples.split('\n').filter((line) => /\bhermes\b/.test(line));
}

describe('hermes --help', () => {
  test('lists every command; the help of each has an example of it', async () => {
    const commands = commandsIn(await helpOf(), 'hermes');
    const known = ['create', 'ls', 'inspect', 'rm', 'produce', 'consume', 'latency', 'bench', 'demo'];
    expect(commands).toEqual(expect.arrayContaining([...known, 'completion']));
    for (const command of commands.filter((name) => name !== 'completion')) {
      const help = await helpOf(command);
      expect(help).toContain(`hermes ${command}`);
      expect(examplesIn(help).join('\n')).toMatch(new RegExp(`hermes ${command}\\b`));
      expect(help).toMatch(/--directory .*HERMES_DIR/);
    }
  });

  test('of the benches: an example each', async () => {
    const benches = commandsIn(await helpOf('bench'), 'hermes bench');
    expect(benches).toEqual(['throughput', 'latency', 'cores']);
    for (const bench of benches) {
      expect(examplesIn(await helpOf('bench', bench)).join('\n')).toMatch(new RegExp(`hermes bench ${bench}\\b`));
    }
  });

  test('wins over everything else on the line, and creates nothing', async () => {
    expect(await helpOf('create', 'ticks', '--capacity', '1XB')).toContain('--capacity');
    expect(cli.files).toEqual([]);
  });
});

test('hermes --version prints that of the package', async () => {
  const { version } = JSON.parse(fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  for (const option of ['--version', '-v']) {
    const { code, stdout, stderr } = await cli.run([option]);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  }
});

test('hermes completion prints a script for the shell, which completes commands', async () => {
  const { code, stdout, stderr } = await cli.run(['completion', 'bash']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.toString()).toMatch(/^complete .*\bhermes\b/m);
  const completed = await cli.run(['--get-yargs-completions', 'hermes', 'cons']);
  expect(completed.stdout.toString().split('\n')).toContain('consume');
});
