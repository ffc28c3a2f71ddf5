import fs from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HeldName } from '../../src/os/held-name.js';
import { scratchDirectory } from '../support/scratch.js';

function held(): { file: string; directory: string; name: HeldName } {
  const directory = path.join(scratchDirectory(), 'held');
  fs.mkdirSync(directory);
  const file = path.join(directory, 'file');
  fs.writeFileSync(file, 'content');
  const fd = fs.openSync(file, 'r');
  onTestFinished(() => fs.closeSync(fd));
  return { file, directory, name: new HeldName(file, fd) };
}

test('a name leads to what is open, also when that is written to, linked, or moved away and back', () => {
  const { file, name } = held();
  expect(name.stat()!.size).toBe(7n);
  fs.appendFileSync(file, ' and more');
  expect(name.stat()!.size).toBe(16n);
  fs.linkSync(file, `${file}-2`);
  fs.renameSync(file, `${file}-3`);
  expect(name.leadsThere).toBe(false);
  fs.renameSync(`${file}-2`, file);
  expect(name.leadsThere).toBe(true);
});

test.each<[string, (file: string, directory: string) => void]>([
  ['is removed', (file) => fs.rmSync(file)],
  ['leads to another file', (file) => fs.renameSync(file, `${file}-old`)],
  [
    'is made anew, where inodes are used again',
    (file) => {
      fs.rmSync(file);
      fs.writeFileSync(file, 'content');
    },
  ],
  [
    'is a link to itself',
    (file) => {
      fs.rmSync(file);
      fs.symlinkSync(file, file);
    },
  ],
  ['is below a directory that is gone', (_, directory) => fs.rmSync(directory, { recursive: true })],
  [
    'is below what is no directory any more',
    (_, directory) => {
      fs.rmSync(directory, { recursive: true });
      fs.writeFileSync(directory, '');
    },
  ],
])('a name that %s does not', (_, change) => {
  const { file, directory, name } = held();
  expect(name.leadsThere).toBe(true);
  change(file, directory);
  expect(name.stat()).toBeUndefined();
});

test('of a directory too', () => {
  const { directory } = held();
  const fd = fs.openSync(directory, fs.constants.O_DIRECTORY);
  onTestFinished(() => fs.closeSync(fd));
  const name = new HeldName(directory, fd);
  fs.writeFileSync(path.join(directory, 'more'), '');
  expect(name.leadsThere).toBe(true);
  fs.rmSync(directory, { recursive: true });
  fs.mkdirSync(directory);
  expect(name.leadsThere).toBe(false);
});
