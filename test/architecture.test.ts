import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../src/', import.meta.url).pathname;
const MOST_LINES = 250;
/** The hot path: a call into another module, or a constant of one, costs it nanoseconds. */
const LONGER: Readonly<Record<string, number>> = { 'ring/lane-writer.ts': 330 };

const files = fs
  .readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort();
const sourceOf = new Map(files.map((file) => [file, fs.readFileSync(path.join(ROOT, file), 'utf8')]));

/** The part of the house that a file is in: a directory of `src`, or `index` or `errors`. */
function partOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : path.basename(file, '.ts');
}

/** What a file imports, types too: packages as they are, files as places below `src`. */
function importsOf(file: string): string[] {
  const found = sourceOf
    .get(file)!
    .matchAll(/^(?:import|export)\b[^;']*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm);
  return [...found]
    .map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!)
    .map((from) =>
      from.startsWith('.') ? path.normalize(path.join(path.dirname(file), from)).replace(/\.js$/, '.ts') : from,
    );
}

/** What each part may import of the others. Downwards only. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  layout: [],
  ring: ['layout', 'errors'],
  os: ['errors'],
  journal: ['ring', 'os', 'layout', 'errors'],
  broker: ['journal', 'ring', 'os', 'layout', 'errors'],
  recording: ['broker', 'journal', 'ring', 'os', 'layout', 'errors'],
  index: ['recording', 'broker', 'journal', 'ring', 'errors'],
  tools: ['index', 'recording', 'broker', 'journal', 'ring', 'os', 'layout', 'errors'],
};

test('there are files to look at, in known parts of the house', () => {
  expect(files.length).toBeGreaterThan(30);
  for (const file of files) expect(Object.keys(allowed), file).toContain(partOf(file));
});

describe.each(files)('%s', (file) => {
  const own = partOf(file);

  test('imports downwards only', () => {
    for (const imported of importsOf(file).filter((name) => name.endsWith('.ts'))) {
      expect(sourceOf.has(imported), `${imported} exists`).toBe(true);
      expect([own, ...allowed[own]!], imported).toContain(partOf(imported));
    }
  });

  test('is no longer than it has to be', () => {
    expect(sourceOf.get(file)!.split('\n').length - 1).toBeLessThanOrEqual(LONGER[file] ?? MOST_LINES);
  });

  test('has a name that says what it is about', () => {
    expect(path.basename(file)).not.toMatch(/^(utils?|types?|constants?|helpers?|common|misc|shared)\.ts$/);
  });
});

test('nothing but the executable imports the tools', () => {
  for (const file of files.filter((name) => partOf(name) !== 'tools')) {
    expect(
      importsOf(file).filter((imported) => imported.startsWith('tools/')),
      file,
    ).toEqual([]);
  }
});

test('the layout imports no package at all, and errors nothing', () => {
  for (const file of files.filter((name) => ['layout', 'errors'].includes(partOf(name)))) {
    expect(
      importsOf(file).filter((imported) => !imported.startsWith('layout/')),
      file,
    ).toEqual([]);
  }
});

describe.each(files.filter((file) => partOf(file) === 'ring'))('the data plane: %s', (file) => {
  test('imports no package but zlib, and no options', () => {
    const imported = importsOf(file);
    expect(imported.filter((name) => !name.endsWith('.ts') && name !== 'node:zlib')).toEqual([]);
    expect(imported.filter((name) => /options/.test(name))).toEqual([]);
  });

  test('waits for nothing', () => {
    expect(sourceOf.get(file)!).not.toMatch(/\b(async|await|Promise|setTimeout|setImmediate|queueMicrotask)\b/);
  });
});

test('index.ts is exports of other files, and nothing else', () => {
  const source = sourceOf.get('index.ts')!.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const statements = source.split(';').map((statement) => statement.trim());
  for (const statement of statements.filter((each) => each !== '')) {
    expect(statement).toMatch(/^export (type )?\{[^{}]*\} from '\.\/[a-z/-]+\.js'$/);
  }
});

/** Every place that carries a label: the text from the end of the statement before it to the label. */
function synchronisations(): { label: string; place: string; code: string }[] {
  const found = [];
  for (const [file, source] of sourceOf) {
    for (const match of source.matchAll(/\/\/ SYNC: (.+)$/gm)) {
      const before = source.slice(0, match.index).trimEnd();
      const start = Math.max(...[';\n', '{\n', '}\n', '*/\n'].map((end) => before.lastIndexOf(end)));
      const lastLine = before.slice(before.lastIndexOf('\n') + 1);
      const code = /Atomics\./i.test(lastLine) ? lastLine : before.slice(start);
      const line = before.split('\n').length;
      for (const label of match[1]!.split(', ')) found.push({ label, place: `${file}:${line}`, code });
    }
  }
  return found;
}

const STORES = /Atomics\.(store|add|sub|or|and|exchange|compareExchange)\(|\bkernel\.storeThenLoad\(/;
const LOADS = /Atomics\.load\(|\bkernel\.(load|storeThenLoad)\(/;

describe('synchronisations', () => {
  const all = synchronisations();
  const labels = [...new Set(all.map(({ label }) => label))];

  test('are labelled where shared words are accessed', () => {
    expect(labels.length).toBeGreaterThan(5);
    for (const { place, code } of all) expect(STORES.test(code) || LOADS.test(code), `${place}: ${code}`).toBe(true);
  });

  test.each(labels)('%s has both its ends: a store and a load', (label) => {
    const places = all.filter((each) => each.label === label);
    expect(
      places.filter(({ code }) => STORES.test(code)).map(({ place }) => place),
      'stores',
    ).not.toEqual([]);
    expect(
      places.filter(({ code }) => LOADS.test(code)).map(({ place }) => place),
      'loads',
    ).not.toEqual([]);
  });
});
