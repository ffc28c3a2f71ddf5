import { expect, test } from 'vitest';
import { textTable } from '../../src/tools/text-table.js';

const HEADER = ['NAME', 'SIZE', 'STATE'];
const ROWS = [
  ['ticks', '1 MiB', 'ready'],
  ['tocks', '16 MiB', ''],
];

test('columns are aligned: numbers to the right, words to the left', () => {
  expect(textTable(HEADER, ROWS, 80)).toBe('NAME     SIZE  STATE\nticks   1 MiB  ready\ntocks  16 MiB\n');
});

test('a table that just fits is one; where it does not fit, each row is a paragraph', () => {
  const width = 'ticks   1 MiB  ready'.length;
  expect(textTable(HEADER, ROWS, width)).toMatch(/^NAME +SIZE/);
  expect(textTable(HEADER, ROWS, width - 1)).toBe(
    'NAME ticks\n  SIZE 1 MiB\n  STATE ready\nNAME tocks\n  SIZE 16 MiB\n',
  );
});
