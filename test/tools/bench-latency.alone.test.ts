import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LatencySummary } from '../../src/tools/report/latency-summary.js';
import type { Outcome } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { CommandLine, jsonLines } from './command-line.js';
import { expectSummary } from './latency-figures.js';
import { elementsOf } from './xml.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

function bench(...options: string[]): Promise<Outcome> {
  return cli.run(['bench', 'latency', ...options]);
}

async function summaryOf(...options: string[]): Promise<LatencySummary> {
  const { code, stdout, stderr } = await bench('--json', ...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(cli.files).toEqual([]); // its segments are gone
  const [summary, ...more] = jsonLines<LatencySummary>(stdout);
  expect(more).toEqual([]);
  return summary!;
}

describe('hermes bench latency --json', () => {
  test('ping-pong, the default', async () => {
    const wanted = { mode: 'ping-pong', payloadBytes: 64, idle: 'spin', count: 2000, lost: 0 };
    expectSummary(await summaryOf('--messages', '2000'), wanted);
  });

  test('ping-pong at a rate', async () => {
    const startMs = performance.now();
    const summary = await summaryOf('--messages', '1000', '--rate', '2000', '--payload', '12', '--checksum');
    expectSummary(summary, { mode: 'ping-pong', payloadBytes: 12, count: 1000, lost: 0 });
    expect(performance.now() - startMs).toBeGreaterThan(500); // a thousand, and the warm-up, at 2,000 a second
  });

  test('one way, at a rate', async () => {
    const startMs = performance.now();
    const options = ['--mode', 'one-way', '--messages', '2000', '--rate', '4000', '--payload', '64KiB'];
    const summary = await summaryOf(...options, '--no-timestamps');
    expectSummary(summary, { mode: 'one-way', payloadBytes: 65_536, count: 2000, lost: 0 });
    expect(performance.now() - startMs).toBeGreaterThan(500);
  });

  test('one message', async () => {
    expectSummary(await summaryOf('--messages', '1'), { mode: 'ping-pong', count: 1 });
  });
});

describe('hermes bench latency', () => {
  test('prints percentiles and distribution for people', async () => {
    const { code, stdout, stderr } = await bench('--messages', '500');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const text = stdout.toString();
    expect(text).toMatch(/^ping-pong latency, 500 messages of 64 B$/m);
    expect(text).toMatch(/^ *percentile +latency +count above$/m);
    expect(text).toMatch(/^ +50 % +[\d.]+ .?s +[\d,]+$/m);
    expect(text).toMatch(/│█/);
  });

  test('--hgrm and --svg write the distribution, and stdout carries data alone', async () => {
    const directory = scratchDirectory();
    const [hgrm, svg] = ['latency.hgrm', 'latency.svg'].map((name) => path.join(directory, name)) as [string, string];
    const { code, stdout, stderr } = await bench('--json', '--messages', '1000', '--hgrm', hgrm, '--svg', svg);
    expect(code).toBe(0);
    for (const file of [hgrm, svg]) expect(stderr).toContain(file);
    const [summary] = jsonLines<LatencySummary>(stdout) as [LatencySummary];

    const distribution = fs.readFileSync(hgrm, 'utf8');
    expect(distribution).toMatch(/^ +Value +Percentile +TotalCount +1\/\(1-Percentile\)$/m);
    expect(distribution).toMatch(new RegExp(`^#\\[Max .*${summary.max}.*Total count .*1000\\]`, 'm'));
    const rows = [...distribution.matchAll(/^ *([\d.]+) ([\d.]+) +(\d+)/gm)].map((row) => row.slice(1).map(Number));
    expect(rows.at(-1)!.slice(1)).toEqual([1, 1000]);
    expect(rows.map(([value]) => value)).toEqual(rows.map(([value]) => value).toSorted((a, b) => a! - b!));

    const picture = elementsOf(fs.readFileSync(svg, 'utf8')); // throws unless it is well-formed
    expect(picture[0]).toBe('svg');
    expect(picture).toEqual(expect.arrayContaining(['title', 'path', 'text']));
  });

  test('a file that cannot be written is told before anything is measured', async () => {
    const file = path.join(cli.directory, 'missing', 'latency.svg');
    const { code, stdout, stderr } = await bench('--json', '--messages', '100', '--svg', file);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`cannot write ${file}`);
    expect(stdout.toString()).toBe('');
  });
});
