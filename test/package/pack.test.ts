import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratchDirectory } from '../support/scratch.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

const consumer = `
import { attachConsumer, attachProducer, createSegment, listSegments, removeSegment } from 'hermes-ipc';
createSegment('packed');
const reader = attachConsumer('packed');
const producer = attachProducer('packed');
producer.offer(Buffer.from('hello'));
const payloads: string[] = [];
for (let i = 0; i < 10; i++) reader.poll((message) => payloads.push(message.copy().toString()));
producer.detach();
reader.detach();
removeSegment('packed');
console.log(JSON.stringify({ payloads, left: listSegments().length }));
`;

const TIMEOUT_MS = 120_000;

/** Checkout, tarball and project. */
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-pack-'));
const project = path.join(scratch, 'project');
const installed = path.join(project, 'node_modules/hermes-ipc');

beforeAll(() => {
  makePath();
  const tarball = pack();
  fs.mkdirSync(project);
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  expect(run(project, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball])).toMatchObject({
    status: 0,
  });
}, 3 * TIMEOUT_MS);

afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A PATH with Node, npm and the shell that npm runs scripts with: no compiler. */
function makePath(): void {
  const bin = path.join(scratch, 'bin');
  fs.mkdirSync(bin);
  const npm = process.env
    .PATH!.split(path.delimiter)
    .map((directory) => path.join(directory, 'npm'))
    .find((file) => fs.existsSync(file));
  fs.symlinkSync(process.execPath, path.join(bin, 'node'));
  fs.symlinkSync(fs.realpathSync(npm!), path.join(bin, 'npm'));
  fs.symlinkSync('/bin/sh', path.join(bin, 'sh'));
}

/** Packs a checkout in which nothing is built: what is tested is what would be published. */
function pack(): string {
  const checkout = path.join(scratch, 'checkout');
  for (const name of ['package.json', 'tsconfig.json', 'scripts', 'src', ...manifest.files, 'README.md', 'LICENSE']) {
    const source = path.join(root, name);
    if (!name.startsWith('dist') && fs.existsSync(source)) {
      fs.cpSync(source, path.join(checkout, name), { recursive: true });
    }
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(checkout, 'node_modules'));
  expect(run(checkout, 'npm', ['pack', '--pack-destination', scratch])).toMatchObject({ status: 0 });
  return path.join(scratch, `hermes-ipc-${manifest.version}.tgz`);
}

function run(cwd: string, program: string, args: string[], segments = ''): SpawnSyncReturns<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: path.join(scratch, 'bin'), HERMES_DIR: segments };
  env.NODE_EXTRA_CA_CERTS ??= env.HERMES_TEST_CA_CERTS; // see scripts/vitest.js; npm may need them
  // The npm that runs this suite tells its children where its project is.
  for (const name of Object.keys(env)) if (/^npm_(package|lifecycle|config_local_prefix)/.test(name)) delete env[name];
  return spawnSync(path.join(scratch, 'bin', program), args, { cwd, env, encoding: 'utf8', timeout: TIMEOUT_MS });
}

function hermes(...args: string[]): SpawnSyncReturns<string> {
  return run(project, 'node', [path.join(project, 'node_modules/.bin/hermes'), ...args]);
}

function filesOf(directory: string): string[] {
  const names = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => fs.statSync(path.join(directory, name)).isFile());
}

describe('the packed package, installed without a compiler', () => {
  test('holds the library, the executable, the documentation and the examples, and nothing else', () => {
    const expected =
      /^(package\.json|LICENSE|[A-Z]+\.md|bin\/hermes\.js|docs\/.+|examples\/.+\.mjs|dist\/src\/.+\.(js|js\.map|d\.ts))$/;
    const names = filesOf(installed);
    expect(names).toEqual(expect.arrayContaining(['package.json', 'bin/hermes.js', 'dist/src/index.js']));
    expect(names.filter((name) => !expected.test(name))).toEqual([]);
  });

  test('has source maps that carry their sources', () => {
    const maps = filesOf(installed).filter((name) => name.endsWith('.map'));
    expect(maps).not.toEqual([]);
    for (const name of maps) {
      const { sourcesContent } = JSON.parse(fs.readFileSync(path.join(installed, name), 'utf8'));
      expect(sourcesContent, name).toEqual([expect.any(String)]);
    }
  });

  test('takes less than 3 MB', () => {
    const bytes = filesOf(installed).reduce((sum, name) => sum + fs.statSync(path.join(installed, name)).size, 0);
    expect(bytes).toBeLessThan(3e6);
  });

  test('imports its dependencies alone', () => {
    const allowed = Object.keys(manifest.dependencies);
    for (const name of filesOf(installed).filter((file) => /^dist\/.*\.js$/.test(file))) {
      const source = fs.readFileSync(path.join(installed, name), 'utf8');
      const imported = [...source.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^'.][^']*)'/gm)].map(
        (match) => match[1]!,
      );
      const packages = imported.filter((specifier) => !specifier.startsWith('node:'));
      expect(allowed, name).toEqual(expect.arrayContaining(packages.map(packageOf)));
    }
  });

  test('has an executable that tells its version and its commands', () => {
    const version = hermes('--version');
    expect(version, version.stderr).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
    const help = hermes('--help');
    expect(help, help.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining('create') });
  });

  test('has types under which a strict consumer compiles, and code with which it runs', () => {
    fs.writeFileSync(path.join(project, 'consumer.ts'), consumer);
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const types = ['--typeRoots', path.join(root, 'node_modules/@types'), '--types', 'node'];
    const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', ...types];
    expect(run(project, 'node', [tsc, ...options, 'consumer.ts'])).toMatchObject({ status: 0, stdout: '' });
    const { stdout, stderr } = run(project, 'node', ['consumer.js'], scratchDirectory());
    expect(stdout, stderr).toBe('{"payloads":["hello"],"left":0}\n');
  });
});

/** The package that a bare specifier is of. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
