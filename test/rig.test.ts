import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = new URL('../../test/', import.meta.url).pathname;
/** What tests share: the one place where processes are started, and where chance and payloads come from. */
const RIG = 'support/';
/** Asked before the tests, whose children are the benchmarks' own. */
const OTHERS = ['bench/'];

const files = fs
  .readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('rig.test'))
  .filter((file) => ![RIG, ...OTHERS].some((part) => file.startsWith(part)));
const sourceOf = new Map(files.map((file) => [file, fs.readFileSync(path.join(ROOT, file), 'utf8')]));

/** The files in which this is said. */
function filesWith(pattern: RegExp): string[] {
  return files.filter((file) => pattern.test(sourceOf.get(file)!));
}

test('processes that go on are started by the rig, which knows how to end them', () => {
  expect(filesWith(/(?<![.\w])(spawn|fork|exec|execFile)\(/)).toEqual([]);
});

test('chance comes from the rig, by a seed', () => {
  expect(filesWith(/Math\.random\(|\brandomInt\(|\bgetRandomValues\(/)).toEqual([]);
});

test('what waits for a condition uses the one way to do so', () => {
  expect(filesWith(/(function|const) until\b/)).toEqual([]);
});

test('programs are in one folder, from which they are bundled', () => {
  expect(filesWith(/\brunCommand<.*>\(/).map((file) => path.dirname(file))).toEqual(
    filesWith(/\brunCommand<.*>\(/).map((file) => (file === 'torture/life.ts' ? 'torture' : 'programs')),
  );
});
