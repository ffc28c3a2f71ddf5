import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = fs.readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8');
const TABLE = PAGE.slice(PAGE.indexOf('| to change … | go to |'));

const isFolder = (place: string) =>
  fs.statSync(path.join(ROOT, place), { throwIfNoEntry: false })?.isDirectory() === true;

/** What a line names: places as they are; bare names of files, as `lane-room.ts`, in the folder that was named before them. */
function placesIn(line: string): string[] {
  let folder = '';
  const places = [];
  for (const [, word] of line.matchAll(/`([a-z][\w./<>-]*)`/g)) {
    if (!word!.includes('/') && !/\.(ts|js|json)$/.test(word!)) continue;
    const place = word!.includes('/') || fs.existsSync(path.join(ROOT, word!)) ? word! : `${folder}/${word}`;
    folder = isFolder(place) ? place : path.dirname(place);
    places.push(place.includes('<') ? folder : place); // `<command>-command.ts` stands for many
  }
  return places;
}

/** The folders of `src`, and those beside it that are no package's. */
function folders(): string[] {
  const found = fs.readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return ['src', ...found.map((name) => `src/${name}`), 'bin', 'test', 'bench', 'examples', 'docs', 'scripts'].filter(
    isFolder,
  );
}

describe('docs/architecture.md', () => {
  const places = [...new Set(PAGE.split('\n').flatMap(placesIn))];

  test('names many files', () => {
    expect(places.length).toBeGreaterThan(100);
  });

  test.each(places)('%s exists', (place) => {
    expect(fs.existsSync(path.join(ROOT, place))).toBe(true);
  });

  test.each(folders())('the folder %s is in the table', (folder) => {
    expect(TABLE).toContain(`**\`${folder}\`**`);
  });

  test('the single files of src are in the table', () => {
    const files = fs.readdirSync(path.join(ROOT, 'src')).filter((name) => name.endsWith('.ts'));
    for (const file of files) expect(TABLE.split('\n').flatMap(placesIn)).toContain(`src/${file}`);
  });

  test('begins with a picture that is there, brings its own colours, and has every floor', () => {
    const [, name] = /^# .+\n\n!\[[^\]]+\]\(([\w.]+)\)/.exec(PAGE)!;
    const picture = fs.readFileSync(path.join(ROOT, 'docs', name!), 'utf8');
    expect(picture).toContain('prefers-color-scheme: dark');
    const floors = folders().filter((folder) => /^src\/\w+$/.test(folder));
    for (const floor of floors) expect(picture).toContain(`>${path.basename(floor)}</text>`);
  });
});
