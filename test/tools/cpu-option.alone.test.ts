import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment, inspectSegment } from '../../src/index.js';
import { allowedCpus } from '../../src/os/cpu-affinity.js';
import type { CoresReport } from '../../src/tools/bench/cores.js';
import { SMALL } from '../support/raw-segment.js';
import { until } from '../support/until.js';
import { CommandLine, jsonLines } from './command-line.js';

const CPUS = allowedCpus();
const last = CPUS.at(-1)!;

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

describe('--cpu', () => {
  test.each([
    ['consume', ['consume', 'ticks', '--group', 'default']],
    ['record', ['record', 'ticks', '--group', 'default', '--to', 'journal']],
  ])('pins %s, and hermes inspect tells', async (_, words) => {
    const { directory } = cli;
    createSegment('ticks', { ...SMALL, directory });
    const command = cli.start([
      ...words.map((word) => (word === 'journal' ? `${directory}/journal` : word)),
      '--cpu',
      `${last}`,
    ]);
    await until(() => inspectSegment('ticks', { directory }).groups[0]!.members.length === 1);
    expect(inspectSegment('ticks', { directory }).groups[0]!.members[0]!.cpu).toBe(last);
    const { stdout } = await cli.run(['inspect', 'ticks']);
    expect(stdout.toString().replaceAll(/\s+/g, ' ')).toContain(`, on CPU ${last}`);
    await command.kill('SIGTERM');
  });

  test.each([['consume'], ['produce']])('of a CPU that there is not: %s says which there are', async (name) => {
    createSegment('ticks', { ...SMALL, directory: cli.directory });
    const { code, stderr } = await cli.run([name, 'ticks', '--cpu', '8191']);
    expect(code).toBe(2);
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /cpu is 8191, on which this process may not run \(EINVAL\): give one of \d/,
    );
  });

  test.each(['x', '1-', '3-1', '8191', '0,'])('of a benchmark: %s is refused', async (cpu) => {
    const { code, stderr } = await cli.run(['bench', 'latency', '--cpu', cpu]);
    expect({ code, text: stderr.replaceAll(/\s+/g, ' ') }).toEqual({
      code: 2,
      text: expect.stringMatching(/--cpu is .*: give numbers of CPUs, such as 0,2 or 0-3, out of \d/),
    });
  });
});

describe('hermes bench cores', () => {
  test('measures each two CPUs once, and says which pair is the best', async () => {
    const two = CPUS.slice(0, 2);
    if (two.length < 2) return;
    const { code, stdout, stderr } = await cli.run([
      'bench',
      'cores',
      '--json',
      '--messages',
      '2000',
      '--cpu',
      two.join(','),
    ]);
    expect({ code, stderr, left: cli.files }).toEqual({ code: 0, stderr: '', left: [] });
    const [report] = jsonLines<CoresReport>(stdout);
    expect(report).toMatchObject({ cpus: two, payloadBytes: 64, pairs: [{ cpus: two }], best: { cpus: two } });
    expect(report!.best.p50Ns).toBeGreaterThan(20);
    expect(report!.best.p99Ns).toBeGreaterThanOrEqual(report!.best.p50Ns);
    const table = await cli.run(['bench', 'cores', '--messages', '2000', '--cpu', two.join(',')]);
    expect(table.stdout.toString()).toMatch(new RegExp(`The best pair: ${two[0]} and ${two[1]}, .* \\(p99 .*\\)\\.`));
  });

  test('of one CPU is refused', async () => {
    const { code, stderr } = await cli.run(['bench', 'cores', '--cpu', `${last}`]);
    expect({ code, stderr: stderr.replaceAll(/\s+/g, ' ') }).toEqual({
      code: 2,
      stderr: expect.stringContaining('a round trip takes two'),
    });
  });
});
