import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  Coordinator,
  type CoordinatorOptions,
  createSegment,
  inspectSegment,
  removeGroup,
  removeSegment,
} from '../../src/index.js';
import { memberLockOffset } from '../../src/layout/locks.js';
import { openSegment } from '../../src/segment/segment.js';
import { attachedChild, Child } from '../support/child.js';
import { forgeBootId, pretendOnDisk } from '../support/other-boot.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory, withoutDoorbells } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';

const COORDINATOR = `
  import { Coordinator } from 'hermes:index.js';
  new Coordinator({ directory: process.argv[1] });
  console.log('coordinating');`;

const running: Coordinator[] = [];
afterEach(() => {
  for (const coordinator of running.splice(0)) coordinator.stop();
});

/** Stopped with the test. */
function coordinate(options: CoordinatorOptions): Coordinator {
  const coordinator = new Coordinator(options);
  running.push(coordinator);
  return coordinator;
}

const inspect = (directory: string, name = 'ticks') => inspectSegment(name, { directory });
const groupNames = (directory: string) => inspect(directory).groups.map(({ name }) => name);

describe('a declared segment', () => {
  test('that is missing is created as it is declared', () => {
    const directory = scratchDirectory();
    const ticks = {
      producers: 2,
      maxGroups: 3,
      members: 4,
      capacity: 131_072,
      checksum: true,
      shared: true,
      mode: 0o640,
    };
    const coordinator = coordinate({ directory, segments: { ticks, trades: SMALL } });
    expect(inspect(directory)).toMatchObject({ producers: 2, maxGroups: 3, members: 4, capacity: 131_072 });
    expect(inspect(directory)).toMatchObject({ checksum: true, groups: [{ name: 'default', shared: true }] });
    expect(fs.statSync(path.join(directory, 'ticks')).mode & 0o777).toBe(0o640);
    expect(coordinator.segments).toMatchObject({ ticks: { origin: 'created' }, trades: { origin: 'created' } });
  });

  test('that is there with the same geometry is adopted, with what is in it', () => {
    const directory = scratchDirectory();
    const { segmentId } = createSegment('ticks', { ...SMALL, directory }) && inspect(directory);
    using producer = attachProducer('ticks', { directory });
    producer.offer(Buffer.from('kept'));
    const coordinator = coordinate({ directory, segments: { ticks: SMALL } });
    coordinator.declare({ ticks: SMALL });
    expect(coordinator.segments).toMatchObject({ ticks: { origin: 'adopted', error: null } });
    expect(inspect(directory).segmentId).toBe(segmentId);
    using consumer = attachConsumer('ticks', { directory });
    const seen: string[] = [];
    consumer.poll(({ payload }) => seen.push(payload.toString()));
    expect(seen).toEqual(['kept']);
  });

  test.each([
    ['producers', { producers: 2 }, 'producers 1', 'producers 2'],
    ['capacity', { capacity: 131_072 }, 'capacity 65536', 'capacity 131072'],
    ['checksum', { checksum: true }, 'checksum false', 'checksum true'],
    ['timestamps', { timestamps: false }, 'timestamps true', 'timestamps false'],
    ['shared', { shared: true }, 'groups default,', 'groups default (shared)'],
  ])('that is there with another %s is an error that shows both', (_, other, found, wanted) => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const error = thrownBy(() => new Coordinator({ directory, segments: { ticks: { ...SMALL, ...other } } }));
    expect(error.code).toBe('ERR_HERMES_SEGMENT_EXISTS');
    expect(error.message).toContain(found);
    expect(error.message).toContain(wanted);
    coordinate({ directory }); // what failed has left the place free
  });

  test('has its declared groups, and gets those that are declared later', () => {
    const directory = scratchDirectory();
    const ticks = { ...SMALL, maxGroups: 3, groups: { workers: { shared: true } } };
    const coordinator = coordinate({ directory, segments: { ticks } });
    expect(groupNames(directory)).toEqual(['workers']);
    coordinator.declare({ ticks: { ...ticks, groups: { ...ticks.groups, audit: {} } } });
    expect(groupNames(directory)).toEqual(['workers', 'audit']);
    expect(coordinator.segments).toMatchObject({ ticks: { error: null } });
    const error = thrownBy(() => coordinator.declare({ ticks: { ...ticks, groups: { workers: {} } } }));
    expect(error.message).toMatch(/it has .*groups workers \(shared\) and audit, and .*groups workers is declared/);
    expect(coordinator.segments.ticks!.error).toMatch(/SEGMENT_EXISTS/);
  });

  test('that an earlier boot has left is replaced', () => {
    pretendOnDisk();
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    forgeBootId(path.join(directory, 'ticks'));
    expect(codeOf(() => attachProducer('ticks', { directory }))).toBe('ERR_HERMES_OTHER_BOOT');
    const coordinator = coordinate({ directory, segments: { ticks: { ...SMALL, producers: 2 } } });
    expect(coordinator.segments).toMatchObject({ ticks: { origin: 'replaced', error: null } });
    expect(inspect(directory).producers).toBe(2);
    attachProducer('ticks', { directory }).detach();
  });

  test('that has another boot id and is in use is adopted, or an error if it has another geometry; never replaced', () => {
    pretendOnDisk();
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const { segmentId } = inspect(directory);
    using producer = attachProducer('ticks', { directory });
    producer.offer(Buffer.from('kept'));
    forgeBootId(path.join(directory, 'ticks'));
    expect(coordinate({ directory, segments: { ticks: SMALL } }).segments).toMatchObject({
      ticks: { origin: 'adopted', error: null },
    });
    running.pop()!.stop();
    const other = { ...SMALL, producers: 2 };
    expect(codeOf(() => new Coordinator({ directory, segments: { ticks: other } }))).toBe('ERR_HERMES_SEGMENT_EXISTS');
    expect(inspect(directory)).toMatchObject({ segmentId, lanes: [{ messages: 1 }] });
  });

  test('that has another boot id in memory, which no boot outlives, is adopted though nobody is attached', () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const { segmentId } = inspect(directory);
    const producer = attachProducer('ticks', { directory });
    producer.offer(Buffer.from('kept'));
    producer.detach();
    forgeBootId(path.join(directory, 'ticks'));
    const coordinator = coordinate({ directory, segments: { ticks: SMALL } });
    expect(coordinator.segments).toMatchObject({ ticks: { origin: 'adopted', error: null } });
    expect(inspect(directory)).toMatchObject({ segmentId, isOfThisBoot: true, lanes: [{ messages: 1 }] });
  });

  test('whose group default was removed meanwhile is adopted, work queue or not', () => {
    const directory = scratchDirectory();
    const segments = { ticks: { ...SMALL, shared: true } };
    new Coordinator({ directory, segments }).stop();
    removeGroup('ticks', 'default', { directory });
    expect(coordinate({ directory, segments }).segments).toMatchObject({ ticks: { origin: 'adopted' } });
  });

  test('that cannot be as it is declared is named by the error', () => {
    const directory = scratchDirectory();
    const error = thrownBy(() => new Coordinator({ directory, segments: { ticks: SMALL, odd: { capacity: 70_000 } } }));
    expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(error.message).toMatch(/segment odd\b.*capacity is 70000/);
  });
});

describe('segments that are declared together', () => {
  test('one that is at odds with what there is keeps none of the others from it, at the start', () => {
    const directory = scratchDirectory();
    createSegment('b', { ...SMALL, directory });
    createSegment('c', { ...SMALL, directory });
    const other = { ...SMALL, producers: 2 };
    const error = thrownBy(() => new Coordinator({ directory, segments: { a: SMALL, b: other, c: other, d: SMALL } }));
    expect(error.code).toBe('ERR_HERMES_SEGMENT_EXISTS');
    expect(error.message).toMatch(/The segment b exists .*\. Also: ERR_HERMES_SEGMENT_EXISTS: The segment c exists/);
    expect(withoutDoorbells(directory)).toEqual(['.coordinator', 'a', 'b', 'c', 'd']);
    coordinate({ directory }); // what failed has left the place free
  });

  test('later: likewise, and what it knows tells of it until that is mended, or the segment is gone', async () => {
    const directory = scratchDirectory();
    const coordinator = coordinate({ directory, segments: { b: SMALL, e: SMALL } });
    const other = { ...SMALL, producers: 2 };
    const declared = { a: SMALL, b: other, c: SMALL, e: other };
    expect(codeOf(() => coordinator.declare(declared))).toBe('ERR_HERMES_SEGMENT_EXISTS');
    const conflict = expect.stringMatching(/^ERR_HERMES_SEGMENT_EXISTS: .*producers 2/);
    expect(coordinator.segments).toMatchObject({
      a: { origin: 'created', error: null },
      b: { origin: 'created', error: conflict },
      c: { origin: 'created', error: null },
      e: { error: conflict },
    });
    expect(inspect(directory, 'b').coordinator).toMatchObject({ error: conflict });
    removeSegment('b', { directory });
    createSegment('b', { ...other, directory });
    await until(() => coordinator.segments.b?.error === null);
    coordinator.declare({ e: SMALL });
    expect(coordinator.segments).toMatchObject({ b: { error: null }, e: { error: null } });
  });

  test('one that cannot be at all, whatever there is: nothing is changed', () => {
    const directory = scratchDirectory();
    const coordinator = coordinate({ directory });
    expect(codeOf(() => coordinator.declare({ a: SMALL, b: { capacity: 70_000 } }))).toBe('ERR_HERMES_INVALID_OPTION');
    expect(codeOf(() => coordinator.declare({ a: SMALL, '../b': SMALL }))).toBe('ERR_HERMES_INVALID_NAME');
    expect(coordinator.segments).toEqual({});
    expect(withoutDoorbells(directory)).toEqual(['.coordinator']);
  });

  test.runIf(canMount)('one that there is no room for: the others are created, and it is told to be missing', () => {
    const directory = smallFileSystem(1024 * 1024);
    const coordinator = coordinate({ directory });
    const declared = { a: SMALL, large: { ...SMALL, capacity: 4 * 1024 * 1024 }, z: SMALL };
    expect(codeOf(() => coordinator.declare(declared))).toBe('ERR_HERMES_NO_SPACE');
    expect(coordinator.segments).toMatchObject({
      a: { origin: 'created', error: null },
      large: { origin: 'missing', error: expect.stringContaining('ERR_HERMES_NO_SPACE') },
      z: { origin: 'created', error: null },
    });
  });

  test('one that has a name that every object has is one like the others', () => {
    const directory = scratchDirectory();
    createSegment('constructor', { ...SMALL, directory });
    const coordinator = coordinate({ directory, segments: { toString: SMALL } });
    expect(Object.keys(coordinator.segments).sort()).toEqual(['constructor', 'toString']);
    expect(inspect(directory, 'toString').coordinator).toMatchObject({ origin: 'created' });
    expect(inspect(directory, 'constructor').coordinator).toMatchObject({ origin: 'found' });
    createSegment('valueOf', { ...SMALL, directory });
    expect(inspect(directory, 'valueOf').coordinator).toBeNull(); // it does not know it yet
  });
});

describe('of a directory there is one coordinator', () => {
  test('a second one is told who it is', async () => {
    const directory = scratchDirectory();
    const first = Child.start(COORDINATOR, directory);
    await first.line();
    const error = thrownBy(() => new Coordinator({ directory }));
    expect(error.code).toBe('ERR_HERMES_BUSY');
    expect(error.message).toMatch(new RegExp(`\\bprocess ${first.pid}\\b`));
  });

  test('one that was killed leaves its place free at once', async () => {
    const directory = scratchDirectory();
    for (let round = 0; round < 3; round++) {
      const first = Child.start(COORDINATOR, directory);
      await first.line();
      await first.kill('SIGKILL');
      coordinate({ directory }).stop();
    }
  });

  test('one that creates its segments is told by its own PID, not by the last one', () => {
    const directory = scratchDirectory();
    fs.writeFileSync(path.join(directory, '.coordinator'), JSON.stringify({ pid: 1, startedAtMs: 0, segments: {} }));
    const seen: string[] = [];
    const ticks = {
      get producers(): number {
        seen.push(thrownBy(() => new Coordinator({ directory })).message);
        return 1;
      },
      capacity: 65_536,
    };
    coordinate({ directory, segments: { ticks } });
    for (const message of seen) expect(message).toMatch(new RegExp(`\\bprocess ${process.pid}\\b`));
    expect(seen).not.toEqual([]);
  });

  test('one that has stopped leaves its place and lets the process end', async () => {
    const directory = scratchDirectory();
    coordinate({ directory }).stop();
    coordinate({ directory }).stop();
    const child = Child.start(
      `import { Coordinator } from 'hermes:index.js';
       new Coordinator({ directory: process.argv[1] }).stop();`,
      directory,
    );
    expect(await child.ended).toBe(0);
  });
});

describe('the dead', () => {
  test('are cleaned up after, though nobody else looks: lanes, members and ephemeral groups', async () => {
    const directory = scratchDirectory();
    const options = JSON.stringify({ directory });
    const coordinator = coordinate({ directory, segments: { ticks: { ...SMALL, maxGroups: 3 } } });
    const producer = await attachedChild(`attachProducer('ticks', ${options})`);
    const member = await attachedChild(`attachConsumer('ticks', ${options})`);
    const guest = await attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory, group: 'guests' })})`);
    expect(groupNames(directory)).toEqual(['default', 'guests']);
    expect(coordinator.segments.ticks).toMatchObject({ reapCount: 0, lastReapAtMs: null });
    for (const child of [producer, member, guest]) await child.kill('SIGKILL');
    await until(() => inspect(directory).lanes[0]?.producer === null);
    await until(() => groupNames(directory).length === 1 && inspect(directory).groups[0]!.members.length === 0);
    await until(() => coordinator.segments.ticks!.reapCount > 0);
    expect(coordinator.segments.ticks!.lastReapAtMs).toBeGreaterThan(Date.now() - 120_000);
  });

  test('are not those that live, however often it looks', async () => {
    const directory = scratchDirectory();
    const coordinator = coordinate({ directory, segments: { ticks: SMALL }, reapIntervalMs: 1 });
    using producer = attachProducer('ticks', { directory });
    const child = await attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory })})`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(inspect(directory).lanes[0]!.producer).toMatchObject({ pid: process.pid, alive: true });
    expect(inspect(directory).groups[0]!.members).toMatchObject([{ pid: child.pid, alive: true }]);
    expect(coordinator.segments.ticks!.reapCount).toBe(0);
    expect(producer.offer(Buffer.alloc(1))).toBeGreaterThan(0);
  });
});

describe('what inspect tells of it', () => {
  test('its process, where the segment came from, and what it did; nothing once it is gone', async () => {
    const directory = scratchDirectory();
    createSegment('other', { ...SMALL, directory });
    const coordinator = coordinate({ directory, segments: { ticks: SMALL } });
    const known = { pid: process.pid, reapCount: 0, lastReapAtMs: null, error: null };
    expect(inspect(directory).coordinator).toEqual({ ...known, origin: 'created' });
    expect(inspect(directory, 'other').coordinator).toEqual({ ...known, origin: 'found' });
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    await child.kill('SIGKILL');
    await until(() => (inspect(directory).coordinator?.reapCount ?? 0) > 0);
    coordinator.stop();
    expect(inspect(directory).coordinator).toBeNull();
  });

  test('nothing of one that was killed', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const child = Child.start(COORDINATOR, directory);
    await child.line();
    expect(inspect(directory).coordinator).toMatchObject({ pid: child.pid, origin: 'found' });
    await child.kill('SIGKILL');
    expect(inspect(directory).coordinator).toBeNull();
  });
});

describe('segments of others', () => {
  test('are looked after from their creation to their removal', async () => {
    const directory = scratchDirectory();
    const coordinator = coordinate({ directory });
    expect(coordinator.segments).toEqual({});
    createSegment('ticks', { ...SMALL, directory });
    await until(() => coordinator.segments.ticks !== undefined);
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    await child.kill('SIGKILL');
    await until(() => inspect(directory).lanes[0]!.producer === null);
    removeSegment('ticks', { directory });
    await until(() => coordinator.segments.ticks === undefined);
  });

  test('that were removed and created again are the new ones to it', async () => {
    const directory = scratchDirectory();
    const coordinator = coordinate({ directory, segments: { ticks: SMALL } });
    removeSegment('ticks', { directory });
    createSegment('ticks', { ...SMALL, producers: 2, directory });
    await until(() => coordinator.segments.ticks?.origin === 'found');
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    await child.kill('SIGKILL');
    await until(() => inspect(directory).lanes[0]!.producer === null);
  });

  test('that are damaged are told of, until a sound one has their name', async () => {
    const directory = scratchDirectory();
    fs.writeFileSync(path.join(directory, 'ticks'), 'no segment');
    const coordinator = coordinate({ directory, segments: { trades: SMALL } });
    expect(coordinator.segments.ticks!.error).toContain('ERR_HERMES_CORRUPT_SEGMENT');
    expect(coordinator.segments.trades!.error).toBeNull();
    removeSegment('ticks', { directory, force: true });
    createSegment('ticks', { ...SMALL, directory });
    await until(() => coordinator.segments.ticks?.error === null);
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    await child.kill('SIGKILL');
    await until(() => inspect(directory).lanes[0]!.producer === null);
  });

  test('that an earlier boot has left are told of and left alone', () => {
    pretendOnDisk();
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    forgeBootId(path.join(directory, 'ticks'));
    const coordinator = coordinate({ directory });
    expect(coordinator.segments.ticks!.error).toContain('before the machine was started');
    expect(inspect(directory).isOfThisBoot).toBe(false);
  });

  test('that have another boot id are looked after as soon as somebody is attached', async () => {
    pretendOnDisk();
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    await child.kill('SIGKILL');
    forgeBootId(path.join(directory, 'ticks'));
    const coordinator = coordinate({ directory });
    expect(coordinator.segments.ticks!.error).toContain('ERR_HERMES_OTHER_BOOT');
    // Whoever has that boot id attaches, and so proves that it is of this kernel.
    const member = openSegment('ticks', { directory }, 'read-write');
    onTestFinished(() => member.close());
    expect(member.locks.tryLock(memberLockOffset(0, 0, 1))).toBe(true);
    await until(() => coordinator.segments.ticks?.error === null);
    await until(() => inspect(directory).lanes[0]!.producer === null);
  });
});

test('takes its file again when somebody has removed it, and leaves that of another coordinator alone', async () => {
  const directory = scratchDirectory();
  const file = path.join(directory, '.coordinator');
  const first = coordinate({ directory, segments: { ticks: SMALL } });
  fs.rmSync(file);
  await until(() => inspect(directory).coordinator !== null);
  expect(codeOf(() => coordinate({ directory }))).toBe('ERR_HERMES_BUSY');
  fs.rmSync(file);
  coordinate({ directory });
  const { ino } = fs.statSync(file);
  first.declare({ trades: SMALL });
  expect(fs.statSync(file).ino).toBe(ino);
  expect(inspect(directory).coordinator).toMatchObject({ origin: 'found' });
});

test.runIf(canMount)('on a full file system it goes on cleaning up', async () => {
  const directory = smallFileSystem(1024 * 1024);
  const coordinator = coordinate({ directory, segments: { ticks: SMALL } });
  const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
  const filler = fs.openSync(path.join(directory, '.filler'), 'w');
  try {
    fs.truncateSync(path.join(directory, '.coordinator')); // so that what it tells needs room again
    expect(() => {
      for (;;) fs.writeSync(filler, Buffer.alloc(4096));
    }).toThrow('ENOSPC');
    await child.kill('SIGKILL');
    await until(() => inspect(directory).lanes[0]!.producer === null);
    await until(() => coordinator.segments.ticks!.reapCount > 0);
  } finally {
    fs.closeSync(filler);
  }
});

test('killed and started again in the middle of traffic, it changes nothing for anybody', async () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, directory });
  const consumer = Child.start(
    `import { attachConsumer } from 'hermes:index.js';
     const consumer = attachConsumer('ticks', { directory: process.argv[1] });
     console.log('attached');
     let next = 0;
     let last = -1;
     const handler = ({ buffer, offset, length, sequence }) => {
       const number = buffer.readUInt32LE(offset);
       if (number === 0xffffffff) last = next;
       else if (number !== next++ || sequence !== number || length !== 4) throw new Error(number + ' instead of ' + next);
     };
     const turn = () => {
       consumer.poll(handler);
       if (last === -1) setImmediate(turn);
       else console.log(last), process.exit();
     };
     turn();`,
    directory,
  );
  await consumer.line();
  const producer = Child.start(
    `import { attachProducer } from 'hermes:index.js';
     const producer = attachProducer('ticks', { directory: process.argv[1] });
     let isEnding = false;
     process.stdin.once('data', () => { isEnding = true; });
     const payload = Buffer.alloc(4);
     let count = 0;
     const turn = () => {
       for (let i = 0; i < 20; i++) {
         payload.writeUInt32LE(isEnding ? 0xffffffff : count);
         if (producer.offer(payload) < 0) break;
         if (isEnding) return console.log(count), process.exit();
         count++;
       }
       setTimeout(turn, 1);
     };
     turn();`,
    directory,
  );
  const messages = () => inspect(directory).lanes[0]?.messages ?? 0;
  for (let round = 0; round < 4; round++) {
    const coordinator = Child.start(COORDINATOR, directory);
    await coordinator.line();
    const before = messages();
    await until(() => messages() > before + 500);
    await coordinator.kill('SIGKILL');
  }
  producer.tell('end');
  const sent = Number(await producer.line());
  expect(sent).toBeGreaterThan(2000);
  expect(Number(await consumer.line())).toBe(sent);
});

test.each([0, Number.NaN, -1])('an interval of %s milliseconds is refused', (reapIntervalMs) => {
  expect(codeOf(() => new Coordinator({ directory: scratchDirectory(), reapIntervalMs }))).toBe(
    'ERR_HERMES_INVALID_OPTION',
  );
});
