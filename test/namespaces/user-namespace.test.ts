import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment } from '../../src/index.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { LIBRARY, printing, startContainer } from './container.js';

const UID = 1000;
const OTHER_ID = 12_345;
const OPTIONS = '{ directory: process.argv[1] }';

/** As an ordinary user who is root in a user namespace that knows nobody else. */
const entering = (groups = '--clear-groups') => [
  ...['setpriv', '--reuid', `${UID}`, '--regid', `${UID}`, ...groups.split(' ')],
  ...['unshare', '--user', '--map-root-user'],
];
/** The user may have no rights to the checkout, or none to make namespaces. */
const isPermitted =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', [...entering().slice(1), process.execPath, '-e', `import(${JSON.stringify(LIBRARY)})`])
    .status === 0;

/** A directory as `install -d -m <mode> -o <uid> -g <gid>` makes it. */
function directoryOf(uid: number, gid: number, mode: number): string {
  const directory = path.join(scratchDirectory(), 'segments');
  fs.chmodSync(path.dirname(directory), 0o755);
  fs.mkdirSync(directory);
  fs.chownSync(directory, uid, gid);
  fs.chmodSync(directory, mode);
  return directory;
}

describe.runIf(isPermitted)('in a user namespace that does not know root', () => {
  test('a directory of root that a group of the user’s may write to is used, together with the host', async () => {
    const directory = directoryOf(0, UID, 0o2770);
    createSegment('ticks', { ...SMALL, directory, mode: 0o660 });
    using producer = attachProducer('ticks', { directory });
    producer.offer(Buffer.from('from the host'));
    const container = startContainer(
      entering(),
      `${printing(
        `listSegments(${OPTIONS}).map(({ name, error }) => [name, error])`,
        `createSegment('mine', { ...${JSON.stringify(SMALL)}, ...${OPTIONS}, mode: 0o660 }).name`,
      )}
       const producer = attachProducer('mine', ${OPTIONS});
       const consumer = attachConsumer('ticks', ${OPTIONS});
       consumer.poll(({ payload }) => producer.offer(Buffer.from(payload)));
       console.log('passed on');
       setInterval(() => consumer, 1000);`,
      directory,
    );
    expect(await container.line()).toBe('[["ticks",null]]');
    expect(await container.line()).toBe('"mine"');
    expect(await container.line()).toBe('passed on');
    expect(inspectSegment('ticks', { directory }).groups[0]!.members).toMatchObject([{ alive: true }]);
    using consumer = attachConsumer('mine', { directory });
    expect(consumer.poll(({ payload }) => expect(`${payload}`).toBe('from the host'))).toBe(1);
  });

  test('so is one of any owner whom the namespace does not know: a member of the group could do as much', async () => {
    const directory = directoryOf(OTHER_ID, UID, 0o2770);
    const container = startContainer(entering(), printing(`listSegments(${OPTIONS})`), directory);
    expect(await container.line()).toBe('[]');
  });

  test.each<[string, number, number, number, string]>([
    ['of root that no group may write to', 0, UID, 0o2750, '--clear-groups'],
    ['of another user', OTHER_ID, OTHER_ID, 0o755, '--clear-groups'],
    ['of another group', 0, OTHER_ID, 0o2775, '--clear-groups'],
    ['of a group of the user’s that the namespace does not know', 0, OTHER_ID, 0o2770, `--groups ${OTHER_ID}`],
  ])('a directory %s is refused, and the error tells of the namespace', async (_, uid, gid, mode, groups) => {
    const directory = directoryOf(uid, gid, mode);
    const container = startContainer(entering(groups), printing(`listSegments(${OPTIONS})`), directory);
    const line = await container.line();
    expect(line).toMatch(/^ERR_HERMES_PERMISSION .*a user that this user namespace does not know \(65534\)/);
    expect(line).toContain('one that a group of yours may write to');
  });

  test('one that everybody may write to is refused as elsewhere', async () => {
    const directory = directoryOf(0, UID, 0o2777);
    const container = startContainer(entering(), printing(`listSegments(${OPTIONS})`), directory);
    expect(await container.line()).toMatch(/^ERR_HERMES_PERMISSION .*written to by everybody/);
  });

  test('the user’s own directory is good', async () => {
    const directory = directoryOf(UID, UID, 0o700);
    const container = startContainer(
      entering(),
      printing(`createSegment('ticks', { ...${JSON.stringify(SMALL)}, ...${OPTIONS} }).name`),
      directory,
    );
    expect(await container.line()).toBe('"ticks"');
    await container.kill();
  });
});

test.runIf(process.getuid?.() === 0)('where all users are known, nobody is a user like others', () => {
  const directory = directoryOf(65_534, process.getgid!(), 0o2770);
  expect(() => createSegment('ticks', { ...SMALL, directory })).toThrow('belongs to user 65534, not to 0');
});
