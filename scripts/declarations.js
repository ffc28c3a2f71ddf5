import fs from 'node:fs';
import path from 'node:path';

const IMPORTED = /(?<=\bfrom '|\bimport\(')\.[^']+(?=\.js')/g;

/**
 * Copies the declarations that `index.d.ts` needs, twice: for modules, and for CommonJS, which must not import a module's.
 * @param {string} source
 * @param {string} target
 */
export function writeDeclarations(source, target) {
  for (const file of reached(source)) {
    const text = fs
      .readFileSync(path.join(source, `${file}.d.ts`), 'utf8')
      .replace(/^\/\/# sourceMappingURL.*\n?/m, '');
    const written = path.join(target, file);
    fs.mkdirSync(path.dirname(written), { recursive: true });
    fs.writeFileSync(`${written}.d.ts`, text);
    fs.writeFileSync(`${written}.d.cts`, text.replaceAll(/(?<=(?:\bfrom |\bimport\()'\.[^']+)\.js(?=')/g, '.cjs'));
  }
}

/**
 * @param {string} source
 * @returns {Set<string>} files below it, without their ends; the set grows while it is gone through
 */
function reached(source) {
  const files = new Set(['index']);
  for (const file of files) {
    const text = fs.readFileSync(path.join(source, `${file}.d.ts`), 'utf8');
    for (const [imported] of text.matchAll(IMPORTED)) files.add(path.join(path.dirname(file), imported));
  }
  return files;
}
