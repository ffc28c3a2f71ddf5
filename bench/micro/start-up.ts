import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { textTable } from '../../src/tools/text-table.js';
import { spreadOf } from '../runner/rounds.js';

// What it takes to start, from spawning the process to its end, in turns: node dist/bench/micro/start-up.js [rounds]
// The package is that of the checkout, as it is packed.

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 20);

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-start-up-'));
const module = (text: string) => ['--input-type=module', '--eval', text];
const WAYS: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['--eval', '0'],
  "require('koffi')": ['--eval', "require('koffi')"],
  "require('hermes-ipc')": ['--eval', "require('hermes-ipc')"],
  'a module of nothing': module(''),
  "import 'koffi'": module("import 'koffi'"),
  "import 'hermes-ipc'": module("import 'hermes-ipc'"),
  'the same, not bundled': module("import './dist/src/index.js'"),
  'hermes --version': ['bin/hermes.js', '--version'],
  'hermes ls': ['bin/hermes.js', 'ls', '--directory', directory],
  'hermes --help': ['bin/hermes.js', '--help'],
};

/** Milliseconds. */
function measure(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env: { PATH: process.env.PATH } });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return performance.now() - started;
}

const samples = new Map(Object.keys(WAYS).map((name) => [name, [] as number[]]));
try {
  for (const args of Object.values(WAYS)) measure(args); // reads the files once
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, args] of Object.entries(WAYS)) samples.get(name)!.push(measure(args));
  }
} finally {
  fs.rmSync(directory, { recursive: true });
}

const bare = spreadOf(samples.get('node -e 0')!).median;
const rows = [...samples].map(([name, times]) => {
  const { median, min, max } = spreadOf(times);
  return [
    name,
    median.toFixed(0),
    `${min.toFixed(0)}–${max.toFixed(0)}`,
    (median / bare).toFixed(2),
    (median - bare).toFixed(0),
  ];
});
process.stdout.write(textTable(['WHAT', 'MEDIAN MS', 'SPREAD', 'OF NODE', 'MS MORE THAN NODE'], rows));
