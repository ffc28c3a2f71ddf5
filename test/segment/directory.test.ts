import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachProducer, createSegment, inspectSegment, listSegments, removeSegment } from '../../src/index.js';
import { directoryPath } from '../../src/segment/directory.js';
import { Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const isRoot = process.getuid?.() === 0;
const OTHER_UID = 12_345;

/** Sets HERMES_DIR for the running test. */
function setEnvironment(value: string | undefined): void {
  const before = process.env.HERMES_DIR;
  onTestFinished(() => {
    if (before === undefined) delete process.env.HERMES_DIR;
    else process.env.HERMES_DIR = before;
  });
  if (value === undefined) delete process.env.HERMES_DIR;
  else process.env.HERMES_DIR = value;
}

describe('the directory', () => {
  test('is the option, else HERMES_DIR, else one for the user in /dev/shm', () => {
    setEnvironment('/from/environment');
    expect(directoryPath({ directory: '/from/option' })).toBe('/from/option');
    expect(directoryPath()).toBe('/from/environment');
    setEnvironment(undefined);
    expect(directoryPath()).toBe(`/dev/shm/hermes-${process.getuid!()}`);
  });

  test('that is empty is refused', () => {
    expect(codeOf(() => directoryPath({ directory: '' }))).toBe('ERR_HERMES_INVALID_OPTION');
    setEnvironment('');
    expect(codeOf(() => directoryPath())).toBe('ERR_HERMES_INVALID_OPTION');
  });

  test('may be relative', () => {
    expect(directoryPath({ directory: 'segments' })).toBe(path.resolve('segments'));
  });

  test('of the environment is used by every call', () => {
    const directory = scratchDirectory();
    setEnvironment(directory);
    createSegment('ticks', SMALL);
    expect(fs.readdirSync(directory)).toEqual(['ticks']);
    attachProducer('ticks').detach();
    expect(inspectSegment('ticks').path).toBe(path.join(directory, 'ticks'));
    expect(listSegments().map(({ name }) => name)).toEqual(['ticks']);
    removeSegment('ticks');
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test.skipIf(!isRoot)('of a user is made for that user alone', async () => {
    // A user of its own, for the directory of root may be in use.
    const uid = 54_321;
    const directory = `/dev/shm/hermes-${uid}`;
    onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
    const child = Child.start(`
      import { createSegment } from 'hermes:index.js';
      import { libc } from 'hermes:os/libc.js';
      libc(); // the other user may have no rights to the packages
      process.setgid(${uid});
      process.setuid(${uid});
      delete process.env.HERMES_DIR;
      process.umask(0);
      console.log(createSegment('ticks', ${JSON.stringify(SMALL)}).path);`);
    expect(await child.line()).toBe(`${directory}/ticks`);
    expect(fs.statSync(directory).mode & 0o7777).toBe(0o700);
    expect(fs.statSync(directory).uid).toBe(uid);
    expect(fs.statSync(`${directory}/ticks`).mode & 0o7777).toBe(0o600);
  });

  test('that is missing is made with mode 0700, and only by create', () => {
    const directory = path.join(scratchDirectory(), 'segments');
    expect(codeOf(() => attachProducer('ticks', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    expect(codeOf(() => inspectSegment('ticks', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    expect(codeOf(() => removeSegment('ticks', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    expect(listSegments({ directory })).toEqual([]);
    expect(fs.existsSync(directory)).toBe(false);
    const umask = process.umask(0);
    createSegment('ticks', { ...SMALL, directory });
    process.umask(umask);
    expect(fs.statSync(directory).mode & 0o7777).toBe(0o700);
  });
});

test('a directory is made below one that is there, and no deeper', () => {
  const parent = path.join(scratchDirectory(), 'none');
  const error = thrownBy(() => createSegment('ticks', { ...SMALL, directory: path.join(parent, 'segments') }));
  expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
  expect(error.message).toContain(`no directory ${parent}`);
  expect(fs.existsSync(parent)).toBe(false);
});

test('a directory where nothing can be made is refused with a code', () => {
  expect(codeOf(() => createSegment('ticks', { ...SMALL, directory: '/proc/none/segments' }))).toMatch(/^ERR_HERMES_/);
});

/** Directories that nobody should trust: how to make one, and what the error says. */
const unsafe: readonly (readonly [string, (directory: string) => void, string])[] = [
  [
    'a symbolic link',
    (directory) => {
      fs.mkdirSync(`${directory}-real`);
      fs.symlinkSync(`${directory}-real`, directory);
    },
    'is a symbolic link',
  ],
  ['a dangling link', (directory) => fs.symlinkSync(`${directory}-none`, directory), 'is a symbolic link'],
  ['a file', (directory) => fs.writeFileSync(directory, ''), 'is no directory'],
  [
    'writable for everybody',
    (directory) => {
      fs.mkdirSync(directory);
      fs.chmodSync(directory, 0o777);
    },
    'can be written to by everybody',
  ],
  [
    'sticky and writable for everybody',
    (directory) => {
      fs.mkdirSync(directory);
      fs.chmodSync(directory, 0o1777);
    },
    'can be written to by everybody',
  ],
];

test.each(unsafe)('a directory that is %s is refused by every call', (_, make, text) => {
  const directory = path.join(scratchDirectory(), 'segments');
  make(directory);
  const calls = [
    () => createSegment('ticks', { ...SMALL, directory }),
    () => attachProducer('ticks', { directory }),
    () => inspectSegment('ticks', { directory }),
    () => removeSegment('ticks', { directory }),
    () => listSegments({ directory }),
  ];
  for (const call of calls) {
    const error = thrownBy(call);
    expect(error.code).toBe('ERR_HERMES_PERMISSION');
    expect(error.message).toContain(directory);
    expect(error.message).toContain(text);
  }
});

test.skipIf(!isRoot)('a directory of another user is refused', () => {
  const directory = path.join(scratchDirectory(), 'segments');
  fs.mkdirSync(directory, { mode: 0o700 });
  fs.chownSync(directory, OTHER_UID, OTHER_UID);
  const error = thrownBy(() => createSegment('ticks', { ...SMALL, directory }));
  expect(error.code).toBe('ERR_HERMES_PERMISSION');
  expect(error.message).toContain(`belongs to user ${OTHER_UID}, not to 0`);
});

test.skipIf(!isRoot)('a directory of root is good for another user, whose rights to the files decide', async () => {
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o755);
  createSegment('open', { ...SMALL, directory, mode: 0o666 });
  createSegment('closed', { ...SMALL, directory });
  const child = Child.start(
    `
    import { attachConsumer, createSegment } from 'hermes:index.js';
    import { libc } from 'hermes:os/libc.js';
    libc(); // the other user may have no rights to the packages
    process.setgid(${OTHER_UID});
    process.setuid(${OTHER_UID});
    const directory = process.argv[1];
    const textOf = (action) => { try { action(); return 'fine'; } catch (error) { return error.code + ': ' + error.message; } };
    console.log(textOf(() => attachConsumer('open', { directory })));
    console.log(textOf(() => attachConsumer('closed', { directory })));
    console.log(textOf(() => createSegment('mine', { directory })));`,
    directory,
  );
  expect(await child.line()).toBe('fine');
  const whose = new RegExp(
    `^ERR_HERMES_PERMISSION: .*closed: EACCES; it belongs to user 0 and group 0 and has mode 0600, and this process is of user ${OTHER_UID}: .*mode 0660`,
  );
  expect(await child.line()).toMatch(whose);
  expect(await child.line()).toMatch(/^ERR_HERMES_PERMISSION: /);
});

test('a group may write to the directory: that is its owner’s choice', () => {
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o770);
  createSegment('ticks', { ...SMALL, directory });
});
