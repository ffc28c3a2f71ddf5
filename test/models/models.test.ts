import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const models = fs.readdirSync(`${root}test/models`).filter((name) => name.endsWith('.pml'));

/** The names of the synchronisations that a text labels: `SYNC name`, `SYNC: name, name`, `SYNC name: remark`. */
function labelsIn(text: string): Set<string> {
  const found = new Set<string>();
  for (const [, names = ''] of text.matchAll(/SYNC:? ([a-z][a-z ,]*)/g)) {
    for (const name of names.split(',')) found.add(name.trim());
  }
  return found;
}

function sourceText(): string {
  const files = fs
    .readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'));
  return files.map((name) => fs.readFileSync(`${root}src/${name}`, 'utf8')).join('\n');
}

describe.each(models)('%s', (model) => {
  const text = fs.readFileSync(`${root}test/models/${model}`, 'utf8');

  test('labels its synchronisations as the code does', () => {
    const inCode = labelsIn(sourceText());
    const labels = labelsIn(text);
    expect(labels.size).toBeGreaterThan(0);
    for (const label of labels) expect(inCode, label).toContain(label);
  });

  test('is run, whole and broken, by check.sh, and every run is named in the README', () => {
    const script = fs.readFileSync(`${root}test/models/check.sh`, 'utf8');
    const readme = fs.readFileSync(`${root}test/models/README.md`, 'utf8');
    const name = model.replace('.pml', '');
    expect(script).toMatch(new RegExp(`^run ok +${name}\\b`, 'm'));
    expect(script).toMatch(new RegExp(`run bug +${name}\\b`, 'm'));
    expect(readme).toContain(`## ${model}`);
  });
});
