import fs from 'node:fs';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../support/scratch.js';
import { CommandLine } from './command-line.js';

test('hermes demo ends by itself, shows the histogram and the comparison, and leaves nothing behind', {
  timeout: 300_000,
}, async () => {
  const cli = new CommandLine();
  const temporary = scratchDirectory();
  const demo = cli.start(['demo'], { env: { TMPDIR: temporary } });
  const { code, signal, stdout, stderr } = await demo.ended; // its stdin is open all the time
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });

  const text = stdout.toString();
  expect(text).not.toContain('\x1b['); // colours are for terminals
  expect(text).toMatch(/All arrived, in order and whole: +[\d.]+[KM]? messages\/s/);
  expect(text).toMatch(/^ *percentile +latency +count above$/m);
  expect(text).toMatch(/^ +50 % +[\d.]+ .?s/m);
  expect(text).toMatch(/│█+/); // a bar of the plot
  expect(text).toMatch(/^ +HERMES +UNIX SOCKET +BETTER BY$/m);
  for (const row of ['messages a second', 'round trip, p50', 'round trip, p99', 'round trip, p99.9']) {
    expect(text).toMatch(new RegExp(`^${row} +[\\d.]+.* +[\\d.]+ ×$`, 'm'));
  }
  expect(cli.files).toEqual([]);
  expect(fs.readdirSync(temporary)).toEqual([]);
});
