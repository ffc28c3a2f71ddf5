import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runChildren, startChild } from '../../src/tools/bench/child.js';
import { textTable } from '../../src/tools/text-table.js';
import { spread } from './spread.js';
import type { WakeResult, WakeTask } from './wake-child.js';
import { prepare, WAYS } from './ways.js';

// How long a message takes to a process that sleeps: Hermes beside what else wakes an event loop, in rounds that take turns.
// node dist/bench/doorbell/compare.js [rounds] [messages] [pace in ms]

const [ROUNDS = 5, MESSAGES = 1000, PACE_MS = 1] = process.argv.slice(2).map(Number);
const CHILD = new URL('./wake-child.js', import.meta.url);
const FLOOR = Object.keys(WAYS)[0]!;
const WARM_UP_SHARE = 0.1;

const never = new AbortController().signal;
const directory = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'hermes-bench-'));

/** Median and 99th percentile of one round, in microseconds. */
async function round(way: string, place: string): Promise<{ p50: number; p99: number }> {
  const task: WakeTask = { way, place, messageCount: MESSAGES, paceMs: PACE_MS };
  const [latencies] = await runChildren([startChild<WakeResult>(CHILD, task)], never);
  const sorted = latencies!.slice(Math.ceil(MESSAGES * WARM_UP_SHARE)).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]! / 1000;
  return { p50: at(0.5), p99: at(0.99) };
}

const found = new Map(Object.keys(WAYS).map((way) => [way, [] as { p50: number; p99: number; ratio: number }[]]));
try {
  for (let number = 0; number < ROUNDS; number++) {
    let floor = 0;
    for (const [way, results] of found) {
      const place = path.join(directory, `${number}-${results.length}-${way.replaceAll(/\W/g, '')}`);
      prepare(place, (fifo) => execFileSync('mkfifo', [fifo]));
      const result = await round(way, place);
      if (way === FLOOR) floor = result.p50;
      results.push({ ...result, ratio: result.p50 / floor });
    }
    process.stderr.write(`round ${number + 1} of ${ROUNDS}\n`);
  }
} finally {
  fs.rmSync(directory, { recursive: true });
}
const rows = [...found].map(([way, results]) => [
  way,
  spread(results.map(({ p50 }) => p50)),
  spread(results.map(({ p99 }) => p99)),
  spread(results.map(({ ratio }) => ratio)),
]);
process.stdout.write(textTable(['64 B TO A SLEEPER', 'P50 µs', 'P99 µs', 'P50 / FLOOR'], rows));
