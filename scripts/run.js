import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program in the checkout, with this process's streams, and waits for it.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {number} its exit status; 1 when it could not be started or was killed
 */
export function run(program, args, env = process.env) {
  const { status, signal, error } = spawnSync(program, args, { cwd: root, env, stdio: 'inherit' });
  if (error) console.error(`${program} did not start: ${error.message}`);
  else if (signal) console.error(`${program} was killed by ${signal}`);
  return status ?? 1;
}

/**
 * Runs a script of an installed package.
 * @param {string} script path below node_modules
 * @param {string[]} args
 * @returns {number} its exit status
 */
export function runInstalled(script, args) {
  return run(process.execPath, [path.join(root, 'node_modules', script), ...args]);
}

/**
 * Runs npm: the very one that started this script, if one did.
 * @param {string[]} args
 * @returns {number} its exit status
 */
export function runNpm(args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js') ? run(process.execPath, [cli, ...args]) : run('npm', args);
}
