import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DOCUMENT = fs.readFileSync(path.join(ROOT, 'docs', 'waiting.md'), 'utf8');

/** The code blocks of a language, in order, as one text. */
function blocks(language: string): string {
  return [...DOCUMENT.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))]
    .map(([, text]) => text)
    .join('');
}

test('the blocks of the document are a program that prints what they say', async () => {
  // Within the package, so that it finds itself by its name.
  const modules = fs.mkdtempSync(path.join(ROOT, 'dist', 'waiting-'));
  onTestFinished(() => fs.rmSync(modules, { recursive: true, force: true }));
  const module = path.join(modules, 'waiting.mjs');
  fs.writeFileSync(module, blocks('js'));
  const env = { ...process.env, HERMES_DIR: scratchDirectory() };
  const { code, stdout, stderr } = await RunningCommand.start(process.execPath, [module], { env }).ended;
  expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: blocks('text'), stderr: '' });
});
