import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { attachConsumer, attachProducer, createSegment, removeSegment } from '../../src/index.js';
import { type FifoOwner, isFifoOf, memberFifoName, producerFifoName } from '../../src/layout/doorbell-fifo.js';
import { SLOT_SLEEP_OFFSET } from '../../src/layout/participant-slot.js';
import { memberSlotIndex, wordAt } from '../../src/ring/indices.js';
import { markRemoved } from '../../src/ring/roster-word.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { isPending } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';

const isRoot = process.getuid?.() === 0;

/** The names of the FIFOs in a directory. */
const bellsIn = (directory: string) =>
  fs
    .readdirSync(directory)
    .filter((name) => name.startsWith('.bell-'))
    .sort();
const ownerOf = (directory: string): FifoOwner => {
  const { header, locks } = openRaw(directory);
  return { segmentId: header.segmentId, inode: locks.inode() };
};
const modeOf = (directory: string, name: string) => fs.lstatSync(path.join(directory, name)).mode & 0o7777;

describe('the FIFO of a slot', () => {
  test('is made when the slot is first taken, by every role, and no earlier', () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, maxGroups: 3, members: 2, directory });
    expect(bellsIn(directory)).toEqual([]);
    using _producer = attachProducer('ticks', { directory });
    using _exclusive = attachConsumer('ticks', { directory });
    using _first = attachConsumer('ticks', { directory, group: 'queue', shared: true });
    using _second = attachConsumer('ticks', { directory, group: 'queue' });
    using _lossy = attachConsumer('ticks', { directory, group: 'lossy', mode: 'lossy' });
    const owner = ownerOf(directory);
    expect(bellsIn(directory)).toEqual(
      [
        producerFifoName(owner, 0),
        memberFifoName(owner, 0, 0),
        memberFifoName(owner, 1, 0),
        memberFifoName(owner, 1, 1),
        memberFifoName(owner, 2, 0),
      ].sort(),
    );
  });

  test('is the same one for all owners of the slot', () => {
    const { directory, producer, consumer } = attachedPair();
    const inodes = () => bellsIn(directory).map((name) => fs.lstatSync(path.join(directory, name)).ino);
    const before = inodes();
    producer.detach();
    consumer.detach();
    expect(inodes()).toEqual(before);
    using _producer = attachProducer('ticks', { directory });
    using _consumer = attachConsumer('ticks', { directory });
    expect(inodes()).toEqual(before);
  });

  test.each([0o600, 0o660, 0o640, 0o400])('may be rung by whoever may use the segment’s file (mode %o)', (mode) => {
    const umask = process.umask(0o777);
    const { directory } = attachedPair({ mode });
    process.umask(umask);
    for (const name of bellsIn(directory)) expect(modeOf(directory, name)).toBe(mode);
  });

  test('is removed with the segment, and those of other segments stay', () => {
    const { directory, producer, consumer } = attachedPair();
    createSegment('other', { ...SMALL, directory });
    using _other = attachProducer('other', { directory });
    expect(bellsIn(directory)).toHaveLength(3);
    producer.detach();
    consumer.detach();
    removeSegment('ticks', { directory });
    expect(bellsIn(directory)).toHaveLength(1);
  });

  test('is removed also when the remover of the segment was killed half-way', () => {
    const { directory, producer, consumer } = attachedPair();
    const { inode } = ownerOf(directory);
    producer.detach();
    consumer.detach();
    markRemoved(openRaw(directory).memory);
    createSegment('ticks', { ...SMALL, directory });
    expect(bellsIn(directory).filter((name) => isFifoOf(inode, name))).toEqual([]);
  });
});

describe('the FIFOs of a segment whose file was copied', () => {
  /** A segment with participants, and a copy of it. */
  function copied() {
    const pair = attachedPair({}, { idle: 'doorbell' }, { idle: 'doorbell' });
    const bells = bellsIn(pair.directory);
    fs.copyFileSync(path.join(pair.directory, 'ticks'), path.join(pair.directory, 'copy'));
    return { ...pair, bells };
  }

  test('stay when the copy is removed', () => {
    const { directory, bells } = copied();
    removeSegment('copy', { directory });
    expect(bellsIn(directory)).toEqual(bells);
  });

  test('stay when the copy is removed by force, as it is damaged', () => {
    const { directory, bells } = copied();
    fs.truncateSync(path.join(directory, 'copy'), 8192);
    removeSegment('copy', { directory, force: true });
    expect(bellsIn(directory)).toEqual(bells);
  });

  test('are not those of the copy’s participants: each wakes its own, and each goes with its file', async () => {
    const { directory, producer, consumer, bells } = copied();
    const other = attachConsumer('copy', { directory, idle: 'doorbell' });
    const otherProducer = attachProducer('copy', { directory });
    expect(bellsIn(directory)).toHaveLength(2 * bells.length);
    for (let i = 0; i < 3; i++) {
      const [waited, otherWaited] = [consumer.waitAsync(), other.waitAsync()];
      offerNumbers(producer, i, 1);
      expect(await waited).toBe(true);
      expect(await isPending(otherWaited, 5)).toBe(true);
      offerNumbers(otherProducer, i, 1);
      expect(await otherWaited).toBe(true);
      consumer.poll(() => {});
      other.poll(() => {});
    }
    other.detach();
    otherProducer.detach();
    removeSegment('copy', { directory });
    expect(bellsIn(directory)).toEqual(bells);
  });

  test('go with the original, and those of the copy stay', () => {
    const { directory, producer, consumer, bells } = copied();
    using _other = attachConsumer('copy', { directory });
    const others = bellsIn(directory).filter((name) => !bells.includes(name));
    producer.detach();
    consumer.detach();
    removeSegment('ticks', { directory });
    expect(bellsIn(directory)).toEqual(others);
  });

  test('are still its own under another name', async () => {
    const { directory, producer, consumer, bells } = copied();
    fs.renameSync(path.join(directory, 'ticks'), path.join(directory, 'renamed'));
    consumer.detach();
    using next = attachConsumer('renamed', { directory, idle: 'doorbell' });
    expect(bellsIn(directory)).toEqual(bells);
    const waited = next.waitAsync();
    offerNumbers(producer, 0, 1);
    expect(await waited).toBe(true);
    next.detach();
    producer.detach();
    removeSegment('renamed', { directory });
    expect(bellsIn(directory)).toEqual([]);
  });

  test('are made anew for a copy that takes the place of the original', () => {
    const { directory, producer, consumer, bells } = copied();
    producer.detach();
    consumer.detach();
    fs.renameSync(path.join(directory, 'copy'), path.join(directory, 'ticks'));
    using _next = attachConsumer('ticks', { directory });
    expect(bellsIn(directory).filter((name) => !bells.includes(name))).toHaveLength(1);
  });
});

describe('where the FIFO of a slot cannot be made', () => {
  /** A directory in which nobody can make a FIFO for these slots. */
  function place(): string {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const owner = ownerOf(directory);
    for (const name of [producerFifoName(owner, 0), memberFifoName(owner, 0, 0)]) {
      fs.mkdirSync(path.join(directory, `${name}.new`, 'in-the-way'), { recursive: true });
    }
    return directory;
  }

  test('attaching, offering and polling work', () => {
    const directory = place();
    using producer = attachProducer('ticks', { directory });
    using consumer = attachConsumer('ticks', { directory });
    offerNumbers(producer, 0, 3);
    expect(consumer.poll(() => {})).toBe(3);
  });

  test('whoever spins needs none', async () => {
    const directory = place();
    using producer = attachProducer('ticks', { directory });
    using consumer = attachConsumer('ticks', { directory, idle: 'spin' });
    const waited = consumer.waitAsync();
    await setTimeout(5);
    offerNumbers(producer, 0, 1);
    expect(await waited).toBe(true);
  });
});

describe('a ringer that cannot open the FIFO of a sleeper', () => {
  const hidden = (file: string) => `${file}.hidden`;

  function sleeping() {
    const { directory, producer, consumer } = attachedPair({ producers: 2 }, { idle: 'doorbell' });
    const { memory } = openRaw(directory);
    return {
      directory,
      producer,
      consumer,
      fifo: path.join(directory, memberFifoName(ownerOf(directory), 0, 0)),
      isAsleep: () => (Atomics.load(memory.words, wordAt(memberSlotIndex(memory, 0, 0), SLOT_SLEEP_OFFSET)) & 1) === 1,
    };
  }

  const reasons = ['is missing', 'is a file', ...(isRoot ? [] : ['is not ours to open'])];
  test.each(reasons)('as it %s leaves it to one that can', async (why) => {
    const { directory, producer, consumer, fifo, isAsleep } = sleeping();
    using other = attachProducer('ticks', { directory });
    consumer.poll(() => {}); // which finds that one has attached
    const waited = consumer.waitAsync();
    expect(isAsleep()).toBe(true);
    if (why === 'is not ours to open') fs.chmodSync(fifo, 0);
    else fs.renameSync(fifo, hidden(fifo));
    if (why === 'is a file') fs.writeFileSync(fifo, '');
    offerNumbers(producer, 0, 1);
    expect(isAsleep()).toBe(true);
    if (why === 'is not ours to open') fs.chmodSync(fifo, 0o600);
    else fs.renameSync(hidden(fifo), fifo);
    offerNumbers(other, 1, 1);
    expect(isAsleep()).toBe(false);
    expect(await waited).toBe(true);
  });

  test('does not try it at each publication, and the sleeper looks by itself', async () => {
    const { producer, consumer, fifo, isAsleep } = sleeping();
    const waited = consumer.waitAsync();
    fs.renameSync(fifo, hidden(fifo));
    const open = vi.spyOn(fs, 'openSync');
    offerNumbers(producer, 0, 5);
    const { length } = open.mock.calls;
    open.mockRestore();
    expect(length).toBe(1);
    expect(isAsleep()).toBe(true);
    expect(await waited).toBe(true);
  });
});

test('a FIFO that was removed is made anew by the next owner, and those who have the old one open ring the new one', async () => {
  const { directory, producer, consumer } = attachedPair({}, { idle: 'doorbell' });
  const fifo = path.join(directory, memberFifoName(ownerOf(directory), 0, 0));
  const waited = consumer.waitAsync();
  offerNumbers(producer, 0, 1);
  expect(await waited).toBe(true);
  consumer.poll(() => {});
  fs.unlinkSync(fifo);
  consumer.detach();
  using next = attachConsumer('ticks', { directory, idle: 'doorbell' });
  const waitedAgain = next.waitAsync();
  offerNumbers(producer, 1, 1);
  const fd = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  expect(fs.readSync(fd, Buffer.alloc(10))).toBe(1);
  fs.closeSync(fd);
  expect(await waitedAgain).toBe(true);
});

test('a full FIFO wakes its sleeper, and is empty then', async () => {
  const { directory, producer, consumer } = attachedPair({}, { idle: 'doorbell' });
  const fifo = path.join(directory, memberFifoName(ownerOf(directory), 0, 0));
  const fd = fs.openSync(fifo, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  try {
    for (;;) fs.writeSync(fd, Buffer.alloc(4096));
  } catch {}
  for (let i = 0; i < 3; i++) {
    const waited = consumer.waitAsync();
    expect(await isPending(waited)).toBe(true); // a byte alone is no message
    offerNumbers(producer, i, 1);
    expect(await waited).toBe(true);
    consumer.poll(() => {});
  }
  fs.closeSync(fd);
});

test.runIf(isRoot)('users of a group directory wake each other', async () => {
  const [uids, gid] = [[54_321, 54_322], 54_323];
  const directory = scratchDirectory();
  fs.chownSync(directory, 0, gid);
  fs.chmodSync(directory, 0o2770);
  const become = (
    uid: number,
  ) => `process.setgroups([]); process.setgid(${gid}); process.setuid(${uid}); process.umask(0o077);
    globalThis.setInterval = () => ({ unref: () => {} });
    const { attachConsumer, attachProducer, createSegment } = await import('hermes:index.js');
    const options = { directory: process.argv[1], idle: 'doorbell' };`;
  const consumer = Child.start(
    `${become(uids[0]!)}
     createSegment('ticks', { directory: options.directory, producers: 1, maxGroups: 1, members: 1, capacity: 65536, mode: 0o660 });
     const consumer = attachConsumer('ticks', options);
     console.log('sleeps');
     for await (const { sequence } of consumer) if (sequence % 100 === 0) console.log(sequence);`,
    directory,
  );
  expect(await consumer.line()).toBe('sleeps');
  const producer = Child.start(
    `${become(uids[1]!)}
     const producer = attachProducer('ticks', options);
     for (let i = 0; i < 301; i++) {
       await producer.send(Buffer.alloc(1000));
       if (i % 10 === 0 && i < 300) await producer.flush();
     }
     console.log('sent');`,
    directory,
  );
  for (const sequence of [0, 100, 200, 300]) expect(await consumer.line()).toBe(`${sequence}`);
  expect(await producer.line()).toBe('sent');
  for (const name of bellsIn(directory)) {
    expect([modeOf(directory, name), fs.lstatSync(path.join(directory, name)).gid]).toEqual([0o660, gid]);
  }
});
