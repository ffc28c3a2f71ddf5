import { describe, expect, test } from 'vitest';
import {
  addGroup,
  attachConsumer,
  attachProducer,
  type Consumer,
  type CreateOptions,
  createSegment,
  inspectSegment,
  removeGroup,
  removeSegment,
} from '../../src/index.js';
import { attachedChild, Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const GROUPS = { workers: { shared: true }, audit: {} };

function newSegment(options: CreateOptions = {}): string {
  const directory = scratchDirectory();
  createSegment('jobs', { ...SMALL, maxGroups: 4, members: 2, ...options, directory });
  return directory;
}

function send(directory: string, ...texts: string[]): void {
  const producer = attachProducer('jobs', { directory });
  for (const text of texts) expect(producer.offer(Buffer.from(text))).toBeGreaterThan(0);
  producer.detach();
}

function drain(consumer: Consumer): string[] {
  const seen: string[] = [];
  for (let idle = 0; idle < 2; ) {
    if (consumer.poll((message) => seen.push(message.payload.toString())) === 0) idle++;
  }
  return seen;
}

const groupsOf = (directory: string) => inspectSegment('jobs', { directory }).groups;

describe('declared groups', () => {
  test('are there from the creation on, durable and reliable, and no other', () => {
    expect(groupsOf(newSegment({ groups: GROUPS }))).toMatchObject([
      { name: 'workers', mode: 'reliable', durable: true, shared: true },
      { name: 'audit', mode: 'reliable', durable: true, shared: false },
    ]);
    expect(groupsOf(newSegment({ groups: {} }))).toEqual([]);
    expect(groupsOf(newSegment({ groups: { default: { shared: true } } }))).toMatchObject([
      { name: 'default', shared: true },
    ]);
  });

  test('miss nothing that was sent before anybody attached, and decide mode and sharing', () => {
    const directory = newSegment({ groups: GROUPS });
    send(directory, '1', '2', '3');
    const workers = [0, 1].map(() => attachConsumer('jobs', { directory, group: 'workers' }));
    expect([workers[0]!.poll(() => {}, 1), drain(workers[1]!)]).toEqual([1, ['2', '3']]);
    expect(drain(attachConsumer('jobs', { directory, group: 'audit' }))).toEqual(['1', '2', '3']);
  });

  test('keep what is sent while their members are away', () => {
    const directory = newSegment({ groups: GROUPS });
    attachConsumer('jobs', { directory, group: 'workers' }).detach();
    send(directory, '1', '2');
    expect(drain(attachConsumer('jobs', { directory, group: 'workers' }))).toEqual(['1', '2']);
  });

  test.each([
    ['workers', { shared: false }, /workers.* shared true, not false/],
    ['audit', { shared: true }, /audit.* shared false, not true/],
    ['audit', { mode: 'lossy' }, /mode reliable, not lossy/],
    ['audit', { durable: false }, /durable true, not false/],
  ] as const)('refuse, for %s, the option %j, and name both', (group, options, message) => {
    const directory = newSegment({ groups: GROUPS });
    const error = thrownBy(() => attachConsumer('jobs', { directory, group, ...options }));
    expect(error).toMatchObject({ code: 'ERR_HERMES_INVALID_OPTION', message: expect.stringMatching(message) });
  });

  test('are named to a consumer that names no group where there is no default', () => {
    const directory = newSegment({ groups: GROUPS });
    for (const options of [{}, { shared: true }, { group: undefined }]) {
      const error = thrownBy(() => attachConsumer('jobs', { directory, ...options }));
      expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
      expect(error.message).toMatch(/no group default: .*workers \(shared\), audit$/);
    }
    expect(groupsOf(directory)).toHaveLength(2);
  });

  test('leave others ephemeral, from the next message on', () => {
    const directory = newSegment({ groups: GROUPS });
    send(directory, '1');
    const monitor = attachConsumer('jobs', { directory, group: 'monitor' });
    send(directory, '2');
    expect(drain(monitor)).toEqual(['2']);
    monitor.detach();
    expect(groupsOf(directory)).toHaveLength(2);
  });

  test('are there whenever anybody sees the segment', async () => {
    const directory = scratchDirectory();
    const looker = Child.start(
      `
      import { inspectSegment } from 'hermes:index.js';
      const [directory] = process.argv.slice(1);
      const seen = {};
      console.log('looking');
      for (let isOver = false; !isOver; ) {
        try {
          const { groups } = inspectSegment('jobs', { directory });
          seen[groups.length] = (seen[groups.length] ?? 0) + 1;
        } catch {}
        try {
          inspectSegment('end', { directory });
          isOver = true;
        } catch {}
      }
      console.log(JSON.stringify(seen));`,
      directory,
    );
    await looker.line();
    for (let round = 0; round < 200; round++) {
      createSegment('jobs', { ...SMALL, maxGroups: 2, groups: GROUPS, directory });
      removeSegment('jobs', { directory });
    }
    createSegment('jobs', { ...SMALL, maxGroups: 2, groups: GROUPS, directory });
    createSegment('end', { ...SMALL, directory });
    expect(Object.keys(JSON.parse(await looker.line()))).toEqual(['2']);
  });
});

describe('a declaration', () => {
  test.each([
    ['a number of groups, naming maxGroups', { groups: 4 }, /groups is 4: .*maxGroups/],
    ['a list', { groups: ['workers'] }, /groups is an object: declare groups by name/],
    ['a group that is no object', { groups: { workers: true } }, /the group workers is true: give an object/],
    ['shared that is no flag', { groups: { workers: { shared: 'yes' } } }, /shared is yes/],
    ['shared of default beside it', { groups: GROUPS, shared: true }, /shared is true, and groups are declared/],
    ['more groups than maxGroups', { groups: GROUPS, maxGroups: 1 }, /maxGroups is 1, and 2 groups are declared/],
  ])('is refused with %s', (_, options, message) => {
    const directory = scratchDirectory();
    const error = thrownBy(() => createSegment('jobs', { ...(options as CreateOptions), directory }));
    expect(error).toMatchObject({ code: 'ERR_HERMES_INVALID_OPTION', message: expect.stringMatching(message) });
  });

  test('is refused with the name of a group that is none', () => {
    expect(codeOf(() => createSegment('jobs', { groups: { 'a b': {} } }))).toBe('ERR_HERMES_INVALID_NAME');
  });

  test('has as many places as it declares groups, and 8 at least', () => {
    const names = Array.from({ length: 11 }, (_, index) => [`g${index}`, {}]);
    const directory = scratchDirectory();
    createSegment('many', { producers: 1, capacity: 65_536, groups: Object.fromEntries(names), directory });
    createSegment('few', { producers: 1, capacity: 65_536, groups: GROUPS, directory });
    expect(inspectSegment('many', { directory })).toMatchObject({ maxGroups: 11, groups: { length: 11 } });
    expect(inspectSegment('few', { directory }).maxGroups).toBe(8);
  });
});

describe('addGroup', () => {
  test('declares a group of a segment that is there, from the oldest message or the next', () => {
    const directory = newSegment();
    send(directory, '1');
    expect(addGroup('jobs', 'workers', { shared: true, directory })).toBe(true);
    expect(addGroup('jobs', 'audit', { from: 'latest', directory })).toBe(true);
    send(directory, '2');
    expect(groupsOf(directory).slice(1)).toMatchObject([
      { name: 'workers', mode: 'reliable', durable: true, shared: true },
      { name: 'audit', mode: 'reliable', durable: true, shared: false },
    ]);
    expect(drain(attachConsumer('jobs', { group: 'workers', directory }))).toEqual(['1', '2']);
    expect(drain(attachConsumer('jobs', { group: 'audit', directory }))).toEqual(['2']);
  });

  test('does nothing where the group is there as it is to be, and refuses where it is not', async () => {
    const directory = newSegment({ groups: GROUPS });
    expect(addGroup('jobs', 'workers', { shared: true, directory })).toBe(false);
    const error = thrownBy(() => addGroup('jobs', 'workers', { directory }));
    expect(error).toMatchObject({ code: 'ERR_HERMES_INVALID_OPTION' });
    expect(error.message).toMatch(/durable, shared, where .*durable, not shared is asked for/);
    const at = JSON.stringify({ directory, group: 'monitor' });
    const child = await attachedChild(`attachConsumer('jobs', ${at})`);
    expect(thrownBy(() => addGroup('jobs', 'monitor', { directory })).message).toMatch(/ephemeral/);
    await child.kill('SIGKILL'); // with which that group has ended
    expect(addGroup('jobs', 'monitor', { directory })).toBe(true);
    expect(groupsOf(directory).map(({ durable }) => durable)).toEqual([true, true, true]);
  });

  test('is refused where there is no place, and possible again when one was removed', () => {
    const directory = newSegment({ groups: GROUPS, maxGroups: 2 });
    expect(thrownBy(() => addGroup('jobs', 'more', { directory }))).toMatchObject({
      code: 'ERR_HERMES_NO_FREE_GROUP',
      message: expect.stringMatching(/workers, audit.*maxGroups/),
    });
    removeGroup('jobs', 'audit', { directory });
    expect(addGroup('jobs', 'more', { directory })).toBe(true);
  });

  test.each([
    [{ shared: 1 }, /shared is 1/],
    [{ from: 'now' }, /from is now/],
  ])('refuses %j', (options, message) => {
    const directory = newSegment();
    expect(thrownBy(() => addGroup('jobs', 'a', { ...(options as object), directory })).message).toMatch(message);
    expect(codeOf(() => addGroup('jobs', 'a b', { directory }))).toBe('ERR_HERMES_INVALID_NAME');
  });
});

test('the second consumer of an exclusive group is told how to make a work queue, and that works', () => {
  const directory = newSegment();
  attachConsumer('jobs', { directory });
  const { code, message } = thrownBy(() => attachConsumer('jobs', { directory }));
  expect(code).toBe('ERR_HERMES_NO_FREE_MEMBER');
  expect(message).toContain(`process ${process.pid}`);
  expect(message).toContain("hermes groups jobs add workers --shared, and { group: 'workers' }");
  addGroup('jobs', 'workers', { shared: true, directory });
  for (let count = 0; count < 2; count++) attachConsumer('jobs', { group: 'workers', directory });
  const full = thrownBy(() => attachConsumer('jobs', { group: 'workers', directory }));
  expect(full.message).toMatch(/all its members already .*more members/);
});
