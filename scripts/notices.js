import fs from 'node:fs';
import path from 'node:path';

const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const LICENSE = /^licen[cs]e(\.|$)/i;

/**
 * Writes the licences of the packages that were bundled, as these ask for.
 * @param {string[]} modules files
 * @param {string} target
 */
export function writeNotices(modules, target) {
  const homes = new Set(modules.flatMap((file) => PACKAGE.exec(file) ?? []));
  const notices = [...homes].sort().map((home) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
    const file = fs.readdirSync(home).find((each) => LICENSE.test(each));
    const text = file === undefined ? '(It comes without a text.)\n' : fs.readFileSync(path.join(home, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  fs.writeFileSync(
    target,
    `Parts of these packages are in the command line.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
  );
}
