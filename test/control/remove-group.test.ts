import { expect, test, vi } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  type ConsumerOptions,
  type CreateOptions,
  createSegment,
  inspectSegment,
  removeGroup,
} from '../../src/index.js';
import { CONTROL_LOCK_OFFSET } from '../../src/layout/locks.js';
import { ByteLocks } from '../../src/os/byte-locks.js';
import { attachedChild, Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

function newSegment(options: CreateOptions = {}): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 4, members: 2, ...options, directory });
  return directory;
}

const join = (directory: string, options: ConsumerOptions) => attachConsumer('ticks', { directory, ...options });
const groupNames = (directory: string) => inspectSegment('ticks', { directory }).groups.map(({ name }) => name);

test('a durable group without members holds producers back no more once it is removed', () => {
  const directory = newSegment();
  removeGroup('ticks', 'default', { directory });
  using producer = attachProducer('ticks', { directory });
  join(directory, { group: 'books', durable: true }).detach();
  while (producer.offer(Buffer.alloc(992)) !== BACK_PRESSURED);
  removeGroup('ticks', 'books', { directory });
  expect(groupNames(directory)).toEqual([]);
  for (let i = 0; i < 1000; i++) expect(producer.offer(Buffer.alloc(992))).toBeGreaterThan(0);
});

test('a group in use is let go before the control lock: whoever attaches next finds its free places', () => {
  const directory = newSegment({ members: 3 });
  using _member = join(directory, { group: 'work', shared: true, durable: true });
  const held = new Set<number>();
  const atTheEnd: number[] = [];
  const { tryLock, unlock } = ByteLocks.prototype;
  vi.spyOn(ByteLocks.prototype, 'tryLock').mockImplementation(function (this: ByteLocks, offset: number) {
    const isGranted = tryLock.call(this, offset);
    if (isGranted) held.add(offset);
    return isGranted;
  });
  vi.spyOn(ByteLocks.prototype, 'unlock').mockImplementation(function (this: ByteLocks, offset: number) {
    held.delete(offset);
    if (offset === CONTROL_LOCK_OFFSET) atTheEnd.push(...held);
    unlock.call(this, offset);
  });
  expect(codeOf(() => removeGroup('ticks', 'work', { directory }))).toBe('ERR_HERMES_BUSY');
  vi.restoreAllMocks();
  expect(atTheEnd).toEqual([]);
});

test('a group of its name that comes later begins anew', () => {
  const directory = newSegment();
  using producer = attachProducer('ticks', { directory });
  join(directory, { group: 'books', durable: true }).detach();
  producer.offer(Buffer.from('of the former'));
  removeGroup('ticks', 'books', { directory });
  using consumer = join(directory, { group: 'books' });
  producer.offer(Buffer.from('of the new one'));
  const seen: string[] = [];
  consumer.poll(({ payload }) => seen.push(payload.toString()));
  expect(seen).toEqual(['of the new one']);
  expect(inspectSegment('ticks', { directory }).groups.find(({ name }) => name === 'books')!.durable).toBe(false);
});

test.each<[string, ConsumerOptions]>([
  ['exclusive', { group: 'books', durable: true }],
  ['shared', { group: 'crew', shared: true }],
  ['lossy', { group: 'watch', mode: 'lossy' }],
])('a group (%s) with a living member is refused, which is named, and goes on', async (_, options) => {
  const directory = newSegment();
  const child = await attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory, ...options })})`);
  const remove = () => removeGroup('ticks', options.group!, { directory });
  const error = thrownBy(remove);
  expect(error.code).toBe('ERR_HERMES_BUSY');
  expect(error.message).toMatch(new RegExp(`\\bprocess ${child.pid}\\b`));
  process.kill(child.pid, 'SIGSTOP'); // stopped is not dead
  expect(codeOf(remove)).toBe('ERR_HERMES_BUSY');
  expect(groupNames(directory)).toEqual(['default', options.group]);
  await child.kill('SIGKILL');
  if (options.durable === true) remove();
  else expect(codeOf(remove)).toBe('ERR_HERMES_GROUP_NOT_FOUND'); // the dead were cleaned up after, and it with them
  expect(groupNames(directory)).toEqual(['default']);
});

test('what dead members of it have left goes with it', async () => {
  const directory = newSegment({ shared: true });
  using producer = attachProducer('ticks', { directory });
  for (let i = 0; i < 10; i++) producer.offer(Buffer.alloc(992));
  const child = Child.start(
    `import { attachConsumer } from 'hermes:index.js';
     const consumer = attachConsumer('ticks', { directory: process.argv[1] });
     consumer.read(() => {}, 5);
     console.log('holding');
     setInterval(() => consumer, 1000);`,
    directory,
  );
  await child.line();
  await child.kill('SIGKILL');
  expect(inspectSegment('ticks', { directory }).groups[0]!.orphanCount).toBe(1);
  removeGroup('ticks', 'default', { directory });
  using crew = join(directory, { group: 'default', shared: true });
  expect(inspectSegment('ticks', { directory }).groups).toMatchObject([
    { name: 'default', orphanCount: 0, lagCount: 0, members: [{ pid: process.pid, alive: true }] },
  ]);
  expect(crew.poll(() => {})).toBe(0);
  for (let i = 0; i < 64; i++) expect(producer.offer(Buffer.alloc(992))).toBeGreaterThan(0);
});

test('a group that there is not is told with those that there are', () => {
  const directory = newSegment();
  join(directory, { group: 'books', durable: true }).detach();
  const error = thrownBy(() => removeGroup('ticks', 'box', { directory }));
  expect(error.code).toBe('ERR_HERMES_GROUP_NOT_FOUND');
  expect(error.message).toMatch(/no group box\b.*default, books/);
  expect(codeOf(() => removeGroup('ticks', '../x', { directory }))).toBe('ERR_HERMES_INVALID_NAME');
  expect(codeOf(() => removeGroup('tocks', 'default', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
});

test('of several who remove a group at once, one does, and the place is free for whoever joins next', async () => {
  const directory = newSegment({ maxGroups: 1, members: 1 });
  removeGroup('ticks', 'default', { directory });
  const removers = [1, 2].map(() =>
    Child.start(
      `import { removeGroup } from 'hermes:index.js';
       let removed = 0;
       process.stdin.once('data', () => { console.log(removed); process.exit(); });
       console.log('removing');
       const turn = () => {
         for (let i = 0; i < 20; i++) {
           try {
             removeGroup('ticks', 'books', { directory: process.argv[1] });
             removed++;
           } catch (error) {
             if (!['ERR_HERMES_GROUP_NOT_FOUND', 'ERR_HERMES_BUSY'].includes(error.code)) throw error;
           }
         }
         setTimeout(turn, 1);
       };
       turn();`,
      directory,
    ),
  );
  for (const remover of removers) await remover.line();
  for (let round = 0; round < 300; round++) join(directory, { group: 'books', durable: true }).detach();
  let removed = 0;
  for (const remover of removers) {
    remover.tell('end');
    removed += Number(await remover.line());
  }
  expect(removed).toBeGreaterThan(0);
  expect(removed).toBeLessThanOrEqual(300);
});
