// Installs what Hermes is compared with, below bench/node_modules. Never fails: who cannot be had is reported as absent.
import fs from 'node:fs';
import path from 'node:path';
import { root, run, runNpm } from './run.js';

/** Those that npm does not build, since install scripts do not run: they need a C++ compiler, make and python3. */
const BUILT = ['shm-typed-array', 'mmap-io'];

const home = path.join(root, 'bench');
const peers = Object.entries(JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8')).optionalDependencies);
/** @param {string} name */
const isThere = (name) => fs.existsSync(path.join(home, 'node_modules', name, 'package.json'));
/** One attempt for each state of bench: a package that cannot be had is not asked for each time. */
const attempted = path.join(home, 'node_modules/.attempted');
const lock = fs.readFileSync(path.join(home, 'package-lock.json'), 'utf8') + process.version;

if (!fs.existsSync(attempted) || fs.readFileSync(attempted, 'utf8') !== lock) {
  console.error('Installing what Hermes is compared with …');
  const options = ['--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund'];
  if (runNpm(['ci', ...options]) !== 0) {
    // All or nothing failed: whoever can be had alone.
    for (const [name, range] of peers) {
      if (!isThere(name)) runNpm(['install', ...options, '--no-save', '--no-package-lock', `${name}@${range}`]);
    }
  }
  for (const name of BUILT.filter(isThere)) build(name);
  fs.mkdirSync(path.dirname(attempted), { recursive: true });
  fs.writeFileSync(attempted, lock);
}

/** @param {string} name */
function build(name) {
  // With the headers beside Node, node-gyp has nothing to download. mmap-io pins a C++ that Node's headers have outgrown.
  const prefix = path.dirname(path.dirname(process.execPath));
  const headers = fs.existsSync(path.join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
  const log = path.join(home, 'node_modules', `${name}.log`);
  const env = { ...process.env, CXXFLAGS: '-std=c++17', ...headers };
  const command = ['npm --prefix "$0" run install >"$1" 2>&1', path.join(home, 'node_modules', name), log];
  if (run('sh', ['-c', ...command], env) !== 0)
    console.error(`${name} cannot be built: see ${path.relative(root, log)}`);
}
