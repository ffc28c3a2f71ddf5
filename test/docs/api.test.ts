import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as hermes from '../../src/index.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = fs.readFileSync(`${root}docs/api.md`, 'utf8');

test('docs/api.md is what npm run docs writes', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/api-page.js', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('it tells of every export, and leads nowhere that is not there', () => {
  for (const name of Object.keys(hermes)) expect(page).toContain(`\n### ${name}\n`);
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(anchor);
});

test('it shows nothing that is private to the classes', () => {
  expect(page).not.toMatch(/@internal|private |#private|protected /);
});
