import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PARTS } from '../../bench/parts/all-parts.js';
import { colourOf } from '../../bench/report/charts.js';
import { keptResults, writeReport } from '../../bench/report/write-report.js';
import { ticksBetween } from '../../src/tools/report/ticks.js';
import { scratchDirectory } from '../support/scratch.js';

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url));

test('the page and its charts are what the generator makes of the kept results', () => {
  const directory = scratchDirectory();
  const names = PARTS.map(({ name }) => name);
  const document = writeReport(keptResults(DOCS)!, names, directory, ({ name, occasion, data }) => ({
    ...PARTS.find((part) => part.name === name)!.present(data),
    occasion,
  }));
  expect(fs.readFileSync(document, 'utf8')).toBe(fs.readFileSync(path.join(DOCS, 'benchmarks.md'), 'utf8'));
  const files = fs.readdirSync(path.join(directory, 'benchmarks'));
  expect(files).toEqual(fs.readdirSync(path.join(DOCS, 'benchmarks')));
  for (const file of files.filter((name) => name.endsWith('.svg'))) {
    const [made, kept] = [directory, DOCS].map((at) => fs.readFileSync(path.join(at, 'benchmarks', file), 'utf8'));
    expect(made === kept, `${file}: run npm run bench -- --redraw`).toBe(true);
  }
});

test('a contestant has its own colour, whatever the chart', () => {
  const named = ['Hermes', 'Hermes, claims', 'Hermes, doorbell', 'C++ ring', 'memcpy, one thread'];
  expect(new Set(named.map(colourOf)).size).toBe(named.length);
  expect(colourOf('hand-written ring, mmap-io')).toBe(colourOf('hand-written ring'));
});

test.each([
  [120, 90_000, 'decimal', [100, 1000, 10_000, 100_000]],
  [1.2e6, 9e6, 'decimal', [1e6, 2e6, 5e6, 1e7]],
  [5, 5, 'decimal', [5]],
  [65 * 2 ** 20, 50 * 2 ** 30, 'binary', [16, 64, 256, 1024, 4096, 16_384, 65_536].map((mib) => mib * 2 ** 20)],
] as const)('ticks from %d to %d are round: %s', (min, max, steps, ticks) => {
  expect(ticksBetween(min, max, steps)).toEqual(ticks.slice(ticks.findLastIndex((tick) => tick <= min)));
});
