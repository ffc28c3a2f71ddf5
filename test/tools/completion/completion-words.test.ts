import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment } from '../../../src/index.js';
import { completionScript } from '../../../src/tools/completion/completion-script.js';
import { completionWords } from '../../../src/tools/completion/completion-words.js';
import { SMALL } from '../../support/raw-segment.js';
import { scratchDirectory } from '../../support/scratch.js';
import { CommandLine } from '../command-line.js';

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
  for (const name of ['ticks', 'tocks']) createSegment(name, { ...SMALL, directory });
  fs.writeFileSync(path.join(directory, '.hidden'), '');
});

const complete = (...words: string[]) => completionWords(['--directory', directory, ...words]);

describe('what completes a command line', () => {
  test.each([
    [
      ['inspect', ''],
      ['ticks', 'tocks'],
    ],
    [['inspect', 'ti'], ['ticks']],
    [['rm', '--force', 'to'], ['tocks']],
    [['consume', 'ticks', '--group', ''], ['default']],
    [['consume', 'ticks', '--group=d'], ['--group=default']],
    [['consume', 'ticks', '--group', '=', 'd'], ['default']],
    [['consume', 'ticks', '--group', '='], ['default']],
    [['groups', 'ticks', 'rm', ''], ['default']],
    [
      ['replay', '/j', '--into', ''],
      ['ticks', 'tocks'],
    ],
    [['replay', ''], [':directories']],
    [['journal', 'ls', ''], [':directories']],
    [['record', 'ticks', '--to', ''], [':directories']],
    [['produce', 'ticks', ''], [':files']],
    [['bench', 'l'], ['latency']],
    [['consume', 'ticks', '--count', ''], []],
    [['create', 'x', '--capacity', '6'], []],
  ])('%j', (words, found) => {
    expect(complete(...words)).toEqual(found);
  });

  test.each([[['ins']], [['']], [['inspect', '--j']], [['consume', 'ticks', '--from', '']], [['groups', 'ticks', '']]])(
    'the help knows: %j',
    (words) => {
      expect(complete(...words)).toBeUndefined();
    },
  );

  test('is nothing where something is wrong, and no error', () => {
    expect(completionWords(['inspect', '--directory', '/nowhere/at/all', ''])).toEqual([]);
    expect(complete('consume', 'nix', '--group', '')).toEqual([]);
    expect(complete('consume', 'a/b', '--group', '')).toEqual([]);
    expect(completionWords(['--directory', '', 'inspect', ''])).toEqual([]);
  });
});

describe('the script for bash', () => {
  test('asks hermes, and is silent', () => {
    const cli = new CommandLine();
    createSegment('ticks', { ...SMALL, directory: cli.directory });
    const [node, hermes] = cli.commandFor([]);
    const program = path.join(scratchDirectory(), 'hermes');
    fs.writeFileSync(program, `#!/bin/sh\nexec '${node}' '${hermes}' "$@"\n`, { mode: 0o755 });
    const script = `${completionScript('bash')}
      ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hermes_completion; echo "\${COMPREPLY[@]}"; }
      ask '${program}' inspect ti
      ask '${program}' inspect --directory /nowhere ''`;
    const env = { ...process.env, HERMES_DIR: cli.directory };
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
    expect({ stdout, stderr, status }).toEqual({ stdout: 'ticks\n\n', stderr: '', status: 0 });
  });
});
