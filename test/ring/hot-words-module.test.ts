import fs from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);

test('the module is what hot-words.wat says', async () => {
  const { hotWordsModule } = await import(new URL('scripts/hot-words.js', ROOT).href);
  expect(fs.readFileSync(new URL('src/ring/hot-words-module.ts', ROOT), 'utf8')).toBe(await hotWordsModule());
});
