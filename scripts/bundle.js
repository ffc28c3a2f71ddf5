// Makes dist/package of dist/src: what npm ships, and what bin/hermes.js runs. One file for the API; one for the command line, and
// one for each of its parts that is loaded when it is needed. All names stay, and
// lines are short, so that stacks can be read; other white space goes, which takes a quarter of what loading takes.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { transform } from 'esbuild';
import { rolldown } from 'rolldown';
import { writeDeclarations } from './declarations.js';
import { writeNotices } from './notices.js';
import { root } from './run.js';

const SOURCE = path.join(root, 'dist/src');
const TARGET = path.join(root, 'dist/package');
/** The programs that the command line starts: each is a file of its own, beside the others. */
const CHILD = /-child\.js$/;
/** A line limit: a statement a line, so that the line that Node shows of an error that nobody caught is the one that threw. */
const A_STATEMENT = 1;
/** What a file starts, or loads, at a place beside itself. */
const OWN_FILE = /new URL\((?:'|")\.\/([^'"]+)(?:'|"), import\.meta\.url\)/g;

/** What hdr-histogram-js loads and Hermes never uses: compression, and histograms in WebAssembly. More than half of it. */
const UNUSED = /\/node_modules\/(pako\/|@assemblyscript\/loader\/|hdr-histogram-js\/dist\/wasm\/generated-wasm\.js)/;
const withoutUnused = {
  name: 'without-unused',
  /** @param {string} id */
  load: (id) => (UNUSED.test(id) ? 'module.exports = {};' : undefined),
};

/** For `require('hermes-ipc')`: the same module, and so the same state, as `import` gives. */
const COMMON_JS = `'use strict';\nmodule.exports = require('./index.js');\n`;

/** @returns {Promise<void>} */
export async function bundle() {
  fs.rmSync(TARGET, { recursive: true, force: true });
  const api = await write({ index: path.join(SOURCE, 'index.js') }, TARGET, A_STATEMENT);
  const cli = await write(commandLineEntries(), path.join(TARGET, 'cli'), 120);
  fs.writeFileSync(path.join(TARGET, 'index.cjs'), COMMON_JS);
  writeDeclarations(SOURCE, path.join(TARGET, 'types'));
  writeNotices([...api, ...cli], path.join(TARGET, 'THIRD-PARTY-NOTICES'));
}

/**
 * Makes dist/programs of test/programs, of which the tests start some thousand processes a run: bundled, one starts in half the
 * processor time.
 * @returns {Promise<void>}
 */
export async function bundlePrograms() {
  const target = path.join(root, 'dist/programs');
  fs.rmSync(target, { recursive: true, force: true });
  const directory = path.join(root, 'dist/test/programs');
  if (!fs.existsSync(directory)) return; // a copy without tests
  const files = fs.readdirSync(directory).filter((file) => file.endsWith('.js'));
  const programs = files.map((file) => [path.basename(file, '.js'), path.join(directory, file)]);
  const bundled = await rolldown({
    input: Object.fromEntries(programs),
    external: externals(),
    cwd: root,
    platform: 'node',
  });
  await bundled.write({ dir: target, format: 'esm', entryFileNames: '[name].js', sourcemap: false });
  await bundled.close();
}

/** @returns {string[]} packages that are loaded from where they are installed */
function externals() {
  const { dependencies, peerDependencies } = createRequire(import.meta.url)('../package.json');
  return Object.keys({ ...dependencies, ...peerDependencies });
}

/** @returns {Record<string, string>} files by the names of their bundles */
function commandLineEntries() {
  const tools = path.join(SOURCE, 'tools');
  const children = fs.readdirSync(tools, { recursive: true, encoding: 'utf8' }).filter((file) => CHILD.test(file));
  const entries = ['main.js', ...children].map((file) => [path.basename(file, '.js'), path.join(tools, file)]);
  return Object.fromEntries(entries);
}

/**
 * @param {Record<string, string>} input
 * @param {string} target
 * @param {number} lineLimit
 * @returns {Promise<string[]>} the files that went into it
 */
async function write(input, target, lineLimit) {
  const bundled = await rolldown({
    input,
    external: externals(),
    plugins: [withoutUnused],
    cwd: root,
    platform: 'node',
    // A module that nothing is used of is left out, so that a command loads no more of the library than it needs.
    treeshake: { moduleSideEffects: false },
    optimization: { inlineConst: true },
    checks: { eval: false }, // hdr-histogram-js has one, and does not come by it
  });
  const { output } = await bundled.write({
    dir: target,
    format: 'esm',
    comments: { legal: true, annotation: false, jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: false,
  });
  await bundled.close();
  const chunks = output.filter((each) => each.type === 'chunk');
  for (const { fileName, code } of chunks) {
    const file = path.join(target, fileName);
    checkOwnFiles(file, code);
    const compact = await transform(code, {
      format: 'esm',
      minifyWhitespace: true,
      lineLimit,
      legalComments: 'none',
    });
    fs.writeFileSync(file, compact.code);
  }
  return chunks.flatMap(({ moduleIds }) => moduleIds.filter((id) => !UNUSED.test(id)));
}

/**
 * @param {string} file
 * @param {string} code
 */
function checkOwnFiles(file, code) {
  for (const [, name = ''] of code.matchAll(OWN_FILE))
    if (!fs.existsSync(path.join(path.dirname(file), name)))
      throw new Error(`${file} uses ./${name}, which is not there`);
}
