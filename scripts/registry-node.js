import fs from 'node:fs';
import path from 'node:path';
import { root, runNpm } from './run.js';

/**
 * The newest Node of a major, as the registry's package `node-linux-<arch>` has it. Installed once, in node_modules/.cache:
 * `npm ci` removes it.
 * @param {number} major
 * @returns {string} path of the executable
 */
export function registryNode(major) {
  const name = `node-linux-${process.arch}`;
  const home = path.join(root, 'node_modules/.cache/node-matrix', `${major}`);
  const node = path.join(home, 'node_modules', name, 'bin/node');
  if (fs.existsSync(node)) return node;
  fs.mkdirSync(home, { recursive: true });
  const status = runNpm(['install', '--prefix', home, '--no-save', '--no-package-lock', `${name}@${major}`]);
  if (status !== 0 || !fs.existsSync(node)) throw new Error(`npm cannot install ${name}@${major}: see above`);
  return node;
}
