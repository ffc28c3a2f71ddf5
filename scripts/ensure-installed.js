// Installs what package-lock.json says, unless exactly that is installed. Runs before anything is installed: it
// imports nothing but Node. Content is compared, not times: git gives a file that it touches a new time.
import fs from 'node:fs';
import path from 'node:path';
import { root, runNpm } from './run.js';

/** @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean }>} Packages by their paths */

/**
 * @param {string} file
 * @returns {Packages} none when there is no such file
 */
function lockedPackages(file) {
  const lockFile = path.join(root, file);
  return fs.existsSync(lockFile) ? JSON.parse(fs.readFileSync(lockFile, 'utf8')).packages : {};
}

function isInstalled() {
  const installed = lockedPackages('node_modules/.package-lock.json');
  return Object.entries(lockedPackages('package-lock.json')).every(([location, locked]) => {
    if (location === '') return true;
    const found = installed[location];
    // Optional: most are for other platforms.
    if (found === undefined) return locked.optional === true;
    const isSame = found.version === locked.version && found.integrity === locked.integrity;
    return isSame && fs.existsSync(path.join(root, location, 'package.json'));
  });
}

if (!isInstalled()) {
  console.error('Installing the packages of package-lock.json …');
  process.exitCode = runNpm(['ci', '--no-audit', '--no-fund']);
}
