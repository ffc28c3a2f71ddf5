// Makes src/ring/hot-words-module.ts of src/ring/hot-words.wat: npm run hot-words. A test holds them together.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import wabt from 'wabt';
import { root } from './run.js';

const SOURCE = path.join(root, 'src/ring/hot-words.wat');
const TARGET = path.join(root, 'src/ring/hot-words-module.ts');
const MOST_CHARACTERS = 100;

/** @returns {Promise<string>} what the file has to contain */
export async function hotWordsModule() {
  const { parseWat } = await wabt();
  const module = parseWat(SOURCE, fs.readFileSync(SOURCE, 'utf8'), { threads: true });
  const text = Buffer.from(module.toBinary({}).buffer).toString('base64');
  module.destroy();
  const lines = text.match(new RegExp(`.{1,${MOST_CHARACTERS}}`, 'g')) ?? [];
  return [
    '/** The module of `hot-words.wat`, in base64. Made by `npm run hot-words`. */',
    'export const HOT_WORDS_MODULE: string =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) fs.writeFileSync(TARGET, await hotWordsModule());
