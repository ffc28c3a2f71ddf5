import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const MOST_LINES = 250;
const GRAB_BAG = /^(utils?|types?|constants?|helpers?|common|misc|shared)\.ts$/;

/** A tree of source files, by their names below its root. */
class Tree {
  readonly files: readonly string[];
  readonly sourceOf: ReadonlyMap<string, string>;

  constructor(place: string) {
    const root = new URL(place, import.meta.url).pathname;
    this.files = fs
      .readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules/'))
      .sort();
    this.sourceOf = new Map(this.files.map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8')]));
  }

  /** What a file imports, types too: packages as they are, files as places below the root. */
  importsOf(file: string): string[] {
    const found = this.sourceOf
      .get(file)!
      .matchAll(/^(?:import|export)\b[^;']*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm);
    return [...found]
      .map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!)
      .map((from) =>
        from.startsWith('.') ? path.normalize(path.join(path.dirname(file), from)).replace(/\.js$/, '.ts') : from,
      );
  }

  lineCountOf(file: string): number {
    return this.sourceOf.get(file)!.split('\n').length - 1;
  }

  /** The first chain of imports that is found to come back to where it began. */
  circle(): string | undefined {
    const done = new Set<string>();
    const visit = (file: string, way: readonly string[]): string | undefined => {
      if (way.includes(file)) return [...way, file].join(' → ');
      if (done.has(file)) return undefined;
      for (const imported of this.importsOf(file).filter((name) => this.sourceOf.has(name))) {
        const circle = visit(imported, [...way, file]);
        if (circle !== undefined) return circle;
      }
      done.add(file);
      return undefined;
    };
    for (const file of this.files) {
      const circle = visit(file, []);
      if (circle !== undefined) return circle;
    }
    return undefined;
  }
}

const house = new Tree('../../src/');
const { files, sourceOf } = house;
const importsOf = (file: string) => house.importsOf(file);

/** The part of the house that a file is in: a directory of `src`, or a file there. */
function partOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : path.basename(file, '.ts');
}

/** What every part above the platform may import. */
const GROUND = ['byte-size', 'hidden-fields', 'dropped-promise', 'checks', 'clock', 'built-ins', 'errors'];

/** The floors of the house, from the ground up: each may import those below it. Of `ring` and `os`, neither imports the other. */
const FLOORS = [
  'layout',
  'ring',
  'os',
  'journal',
  'segment',
  'membership',
  'waiting',
  'control',
  'participants',
  'recording',
  'tools',
];
const below = (floor: string) => FLOORS.slice(0, FLOORS.indexOf(floor));

/** What each part may import of the others. Downwards only. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  clock: [],
  'built-ins': [],
  'byte-size': [],
  'hidden-fields': [],
  'near-name': [],
  checks: ['near-name', 'errors'],
  'dropped-promise': ['errors'],
  layout: [],
  ring: ['layout', ...GROUND],
  os: GROUND,
  ...Object.fromEntries(FLOORS.slice(FLOORS.indexOf('journal')).map((floor) => [floor, [...below(floor), ...GROUND]])),
  index: [...below('tools'), 'errors'],
  tools: ['index', 'near-name', ...below('tools'), ...GROUND],
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
    expect(house.lineCountOf(file)).toBeLessThanOrEqual(MOST_LINES);
  });

  test('has a name that says what it is about', () => {
    expect(path.basename(file)).not.toMatch(GRAB_BAG);
  });
});

test('no files import each other in a circle', () => {
  expect(house.circle()).toBeUndefined();
});

describe('the bench', () => {
  const bench = new Tree('../../bench/');

  test('has no files that import each other in a circle', () => {
    expect(bench.circle()).toBeUndefined();
  });

  test.each(bench.files)('%s is no longer than it has to be, and has a name that says what it is about', (file) => {
    expect(bench.lineCountOf(file)).toBeLessThanOrEqual(MOST_LINES);
    expect(path.basename(file)).not.toMatch(GRAB_BAG);
  });

  test('measures the API as it is shipped', () => {
    expect(bench.files.filter((file) => bench.sourceOf.get(file)!.includes("src/index.js';"))).toEqual([]);
  });

  test('has one program that its processes run', () => {
    expect(bench.files.filter((file) => bench.sourceOf.get(file)!.includes('childTask'))).toEqual(['child.ts']);
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

test('numbers of open files are kept where each has one owner, and nowhere else', () => {
  const keepers = ['os/descriptor.ts', 'os/fifo.ts', 'os/held-name.ts', 'os/new-file.ts'];
  const keeping = files.filter((file) => /\b(private|readonly) (readonly )?fd\b/.test(sourceOf.get(file)!));
  expect(keeping).toEqual(keepers);
  const listening = files.filter((file) => /new \(net\(\)\.Socket\)\(|\bnew net\.Socket\(/.test(sourceOf.get(file)!));
  expect(listening).toEqual(['os/fifo.ts']);
});

describe.each(files.filter((file) => partOf(file) === 'ring'))('the data plane: %s', (file) => {
  test('imports no package, of Node only what copies and checks, and no options', () => {
    const imported = importsOf(file);
    expect(
      imported.filter(
        (name) => !name.endsWith('.ts') && !['node:zlib', 'node:util', 'node:worker_threads'].includes(name),
      ),
    ).toEqual([]);
    expect(imported.filter((name) => /options/.test(name))).toEqual([]);
  });

  test('waits for nothing', () => {
    const code = sourceOf.get(file)!.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(code).not.toMatch(/\b(async |await |new Promise|setTimeout|setImmediate|queueMicrotask)\b/);
  });
});

test('clocks and timers are those that were there when Hermes was loaded', () => {
  const takers = ['clock.ts', 'os/timers.ts'];
  // The command line is a process of its own: nobody replaces anything there.
  for (const file of files.filter((name) => !takers.includes(name) && !name.startsWith('tools/'))) {
    expect(sourceOf.get(file)!, file).not.toMatch(
      /\b(performance\.now|Date\.now|new Date\(\)|hrtime|nextTick|queueMicrotask|(set|clear)(Timeout|Interval|Immediate)\()/,
    );
  }
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

const STORES = /Atomics\.(store|add|sub|or|and|exchange|compareExchange)\(|\bhot\.(storeThenLoad|sealAndPublish)\(/;
const LOADS = /Atomics\.load\(|\bhot\.(load|storeThenLoad|sealAndPublish)\(/;

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
