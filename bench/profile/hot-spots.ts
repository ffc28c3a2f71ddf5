import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { leaseRing } from '../contestants/rings.js';
import type { RingTask } from '../rings/ring-ends.js';
import { makeScratch, RING_CAPACITY } from '../runner/bench.js';
import type { ReceiptResult } from '../runner/measured-end.js';
import { rateOf, runMeasuring } from '../runner/measuring.js';
import { startRole } from '../runner/role.js';

// Where one of two processes that exchange messages spends its time, by Linux's perf and V8's names of what it compiled:
// node dist/bench/profile/hot-spots.js [sender|receiver] [batch, negative: claims] [payload bytes] [messages]

const MOST_LINES = 10;
/** perf attaches within this. */
const ATTACHING_MS = 500;

const [role = 'sender', batch = '1', payload = '64', messages = '20000000'] = process.argv.slice(2);
const batchCount = Math.abs(Number(batch));
const messageCount = Number(messages);
process.env.NODE_OPTIONS = '--perf-basic-prof --interpreted-frames-native-stack';

using scratch = makeScratch();
const { directory } = scratch;
process.chdir(directory); // V8 writes a log to where it runs
using segment = leaseRing(directory);
const workload = { payloadLength: Number(payload), messageCount, warmUpCount: messageCount / 2 };
const task = {
  ...workload,
  ring: 'hermes',
  there: segment.name,
  back: segment.name,
  directory,
  capacity: RING_CAPACITY,
  idle: 'spin',
} as const;
const children = (['receiver', 'sender'] as const).map((each) =>
  startRole<unknown>('ring', { ...task, batchCount, claims: Number(batch) < 0, end: each } satisfies RingTask),
);
const { pid } = children[role === 'receiver' ? 0 : 1]!;
const data = scratch.fresh('perf');
const perf = spawn('perf', ['record', '-e', 'cpu-clock', '-F', '5000', '-p', `${pid}`, '-o', data], {
  stdio: 'ignore',
});
await setTimeout(ATTACHING_MS);
const result = await runMeasuring<ReceiptResult>(children, new AbortController().signal);
await new Promise((resolve) => perf.once('exit', resolve));
console.log(`${(rateOf('Hermes', workload, result) / 1e6).toFixed(1)} M messages a second, ${role}:`);
const report = spawnSync('perf', ['report', '-i', data, '--stdio', '--no-children', '-g', 'none'], {
  encoding: 'utf8',
});
const lines = report.stdout.split('\n').filter((line) => /^ +\d/.test(line));
console.log(lines.slice(0, MOST_LINES).join('\n') || report.stderr);
for (const child of children) fs.rmSync(`/tmp/perf-${child.pid}.map`, { force: true });
