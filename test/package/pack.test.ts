import fs from 'node:fs';
import path from 'node:path';
import { build, type Format } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as api from '../../src/index.js';
import { scratchDirectory } from '../support/scratch.js';
import { PackedProject, root } from './packed-project.js';

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

const MODULE = `import { attachConsumer, attachProducer, createSegment, listSegments, removeSegment } from 'hermes-ipc';`;
const COMMON_JS = MODULE.replace('import', 'const')
  .replace(' from', ' =')
  .replace(/'hermes-ipc'/, `require('hermes-ipc')`);
const PROGRAM = `
createSegment('packed');
const reader = attachConsumer('packed');
const producer = attachProducer('packed');
producer.offer(Buffer.from('hello'));
const payloads = [''];
for (let i = 0; i < 10; i++) reader.poll((message) => { payloads.push(message.copy().toString()); });
producer.detach();
reader.detach();
removeSegment('packed');
console.log(JSON.stringify({ payloads, left: listSegments().length }));
`;
const OUTPUT = '{"payloads":["","hello"],"left":0}\n';

let project: PackedProject;
beforeAll(() => {
  project = new PackedProject();
}, 360_000);
afterAll(() => project.remove());

/** Runs a file of the project as it stands. */
function expectExchange(file: string): void {
  const { stdout, stderr } = project.node([file], scratchDirectory());
  expect({ stdout, stderr }, file).toEqual({ stdout: OUTPUT, stderr: '' });
}

describe('the packed package, installed without a compiler', () => {
  test('holds the library, the executable, the documentation and the examples, and nothing else', () => {
    const expected =
      /^(package\.json|LICENSE|[A-Z]+\.md|bin\/hermes\.js|docs\/.+|examples\/.+\.mjs|dist\/package\/(.+\.js|index\.cjs|types\/.+\.d\.c?ts|THIRD-PARTY-NOTICES))$/;
    expect(project.files).toEqual(
      expect.arrayContaining(['package.json', 'bin/hermes.js', 'dist/package/index.js', 'dist/package/cli/main.js']),
    );
    expect(project.files.filter((name) => !expected.test(name))).toEqual([]);
  });

  test('takes less than 2 MB', () => {
    const bytes = project.files.map((name) => fs.statSync(path.join(project.installed, name)).size);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(2e6);
  });

  test('has no dead link', () => {
    const dead = [];
    for (const page of project.files.filter((name) => name.endsWith('.md'))) {
      const text = project.read(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
      const links = [...text.matchAll(/\]\(<?([^)>\s#]+)[^)]*\)/g), ...text.matchAll(/\b(?:src|href)="([^"#]+)/g)];
      for (const [, link] of links) {
        if (/^[a-z]+:/.test(link!)) continue;
        if (!fs.existsSync(path.join(project.installed, path.dirname(page), link!))) dead.push(`${page}: ${link}`);
      }
    }
    expect(dead).toEqual([]);
  });

  test('depends on koffi alone and the types of Node, which are not in it; those that are in it are named with their licences', () => {
    const imported = project.files
      .filter((name) => /^dist\/.*\.js$/.test(name))
      .flatMap((name) => [
        ...project.read(name).matchAll(/\b(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"'.\s]+)["']/g),
      ])
      .map(([, specifier]) => specifier!);
    expect(imported).toContain('node:fs');
    expect(imported.filter((specifier) => !/^(node:|fs$|path$|util$|url$|assert$)/.test(specifier))).toEqual([]);
    expect(Object.keys(manifest.dependencies)).toEqual(['@types/node', 'koffi']);
    const notices = project.read('dist/package/THIRD-PARTY-NOTICES');
    for (const name of ['yargs', 'y18n', 'hdr-histogram-js']) expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  test('has executables of two names that tell its version and its commands', () => {
    for (const name of ['hermes', 'hermes-ipc']) {
      const run = (...args: string[]) =>
        project.node([path.join(project.directory, 'node_modules/.bin', name), ...args]);
      for (const args of [['--version'], ['--directory', '/', '--version']])
        expect(run(...args)).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
      expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('create'), stderr: '' });
      const named = project.read('README.md').matchAll(/^hermes ([a-z]+)/gm);
      const { stdout: help } = run('--help');
      expect(
        [...named].map(([, command]) => command).filter((command) => !help.includes(`hermes ${command} `)),
      ).toEqual([]);
      const bench = run('--directory', scratchDirectory(), 'bench', 'latency', '--messages', '100', '--json');
      expect(bench, bench.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining('"count":100') });
    }
  });

  test('is the same for a module and for CommonJS, with the names that the sources give', () => {
    const program = `
      const api = require('hermes-ipc');
      import('hermes-ipc').then((module) => {
        const names = Object.entries(module).map(([key, value]) => [key, value.name]);
        console.log(JSON.stringify([Object.fromEntries(names), names.every(([key]) => api[key] === module[key])]));
      });`;
    const { stdout, stderr } = project.node([project.write('same.cjs', program)]);
    expect(stderr).toBe('');
    const names = Object.entries(api).map(([key, value]) => [key, (value as { name?: string }).name]);
    expect(JSON.parse(stdout)).toEqual([Object.fromEntries(names), true]);
    expect(classNames(project.read('dist/package/index.js'))).toEqual(classNamesOfSources());
  });

  test('runs from CommonJS', () => {
    expectExchange(project.write('common.cjs', COMMON_JS + PROGRAM));
  });

  test('loads koffi at its first use, but in a worker at once: terminating a worker during the loading is fatal', () => {
    const program = `
      import { Worker } from 'node:worker_threads';
      import 'hermes-ipc';
      const hasKoffi = 'process.report.getReport().sharedObjects.some((file) => /koffi/.test(file))';
      console.log(eval(hasKoffi));
      new Worker(\`import('hermes-ipc').then(() => console.log(\${hasKoffi}))\`, { eval: true });`;
    const { stdout, stderr } = project.node([project.write('lazy.mjs', program)]);
    expect({ stdout, stderr }).toEqual({ stdout: 'false\ntrue\n', stderr: '' });
  });

  test.each([
    ['consumer.mts', 'nodenext'],
    ['consumer.cts', 'node16'],
    ['consumer.cts', 'commonjs'],
  ])('has types under which a strict %s compiles for %s, and code with which it runs', (file, module) => {
    project.write(file, MODULE + PROGRAM);
    const types = ['--typeRoots', path.join(root, 'node_modules/@types'), '--types', 'node'];
    const options = ['--module', module, '--target', 'es2022', '--strict', ...types];
    expect(project.tool('typescript/bin/tsc', [...options, file])).toMatchObject({ status: 0, stdout: '' });
    expectExchange(file.replace('ts', 'js'));
  });

  test.each<[Format, string]>([
    ['esm', 'bundled.mjs'],
    ['cjs', 'bundled.cjs'],
  ])('runs when a user bundles it with esbuild as %s', async (format, file) => {
    const entry = project.write('entry.mjs', MODULE + PROGRAM);
    const outfile = path.join(project.directory, file);
    const { warnings } = await build({ entryPoints: [entry], bundle: true, platform: 'node', format, outfile });
    expect(warnings).toEqual([]);
    expect(fs.readFileSync(outfile, 'utf8')).not.toMatch(/(from |require\()["']hermes-ipc/);
    expectExchange(file);
  });

  test('is well-formed for publint and attw', () => {
    const publint = project.tool('publint/src/cli.js', ['run', project.tarball, '--strict']);
    expect(publint, publint.stdout).toMatchObject({ status: 0, stdout: expect.stringContaining('All good!') });
    const attw = project.tool('@arethetypeswrong/cli/dist/index.js', [project.tarball, '--no-definitely-typed']);
    expect(attw, attw.stdout).toMatchObject({ status: 0, stdout: expect.stringContaining('No problems found') });
  });
});

function classNames(source: string): string[] {
  const named = [...source.matchAll(/\bclass ([A-Z]\w*)|\b([A-Z]\w*)\s*=\s*class\b/g)];
  return [...new Set(named.map(([, declared, assigned]) => (assigned ?? declared)!))].sort();
}

/** Of those files that the library consists of. */
function classNamesOfSources(): string[] {
  const directory = path.join(root, 'dist/src');
  const files = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.js') && !file.startsWith('tools'));
  return classNames(sources.map((file) => fs.readFileSync(path.join(directory, file), 'utf8')).join('\n'));
}
