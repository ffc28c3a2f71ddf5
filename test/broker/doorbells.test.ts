import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, removeSegment } from '../../src/index.js';
import { fifoPrefix, memberFifoName, producerFifoName } from '../../src/layout/doorbell-fifo.js';
import { markRemoved } from '../../src/ring/roster-word.js';
import { attachedPair, fillLane, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { isPending, rejectionCode } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';

const isRoot = process.getuid?.() === 0;

/** The names of the FIFOs in a directory. */
const bellsIn = (directory: string) =>
  fs
    .readdirSync(directory)
    .filter((name) => name.startsWith('.bell-'))
    .sort();
const idOf = (directory: string) => openRaw(directory).header.segmentId;
const modeOf = (directory: string, name: string) => fs.lstatSync(path.join(directory, name)).mode & 0o7777;

describe('the FIFO of a slot', () => {
  test('is made when the slot is first taken, by every role, and no earlier', () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, groups: 3, members: 2, directory });
    expect(bellsIn(directory)).toEqual([]);
    using _producer = attachProducer('ticks', { directory });
    using _exclusive = attachConsumer('ticks', { directory });
    using _first = attachConsumer('ticks', { directory, group: 'queue', shared: true });
    using _second = attachConsumer('ticks', { directory, group: 'queue' });
    using _lossy = attachConsumer('ticks', { directory, group: 'lossy', mode: 'lossy' });
    const id = idOf(directory);
    expect(bellsIn(directory)).toEqual(
      [
        producerFifoName(id, 0),
        memberFifoName(id, 0, 0),
        memberFifoName(id, 1, 0),
        memberFifoName(id, 1, 1),
        memberFifoName(id, 2, 0),
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
    const prefix = fifoPrefix(idOf(directory));
    producer.detach();
    consumer.detach();
    markRemoved(openRaw(directory).memory);
    createSegment('ticks', { ...SMALL, directory });
    expect(bellsIn(directory).filter((name) => name.startsWith(prefix))).toEqual([]);
  });
});

describe('where the FIFO of a slot cannot be made', () => {
  /** A directory in which nobody can make a FIFO for these slots. */
  function place(): string {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const id = idOf(directory);
    for (const name of [producerFifoName(id, 0), memberFifoName(id, 0, 0)]) {
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

  test('whoever waits gets a coded error, once it would sleep', async () => {
    const directory = place();
    using producer = attachProducer('ticks', { directory });
    using consumer = attachConsumer('ticks', { directory });
    offerNumbers(producer, 0, 1);
    expect(await consumer.waitAsync()).toBe(true); // there is something
    consumer.poll(() => {});
    expect(await rejectionCode(consumer.waitAsync())).toMatch(/^ERR_HERMES_/);
    expect(await rejectionCode(consumer[Symbol.asyncIterator]().next())).toMatch(/^ERR_HERMES_/);
    expect(codeOf(() => consumer.wait())).toMatch(/^ERR_HERMES_/);
    fillLane(producer);
    expect(await rejectionCode(producer.send(Buffer.alloc(1000)))).toMatch(/^ERR_HERMES_/);
    expect(consumer.poll(() => {}, 10)).toBe(10);
    await producer.send(Buffer.alloc(1000)); // there is room
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

describe.each(['a file', 'a link', 'a directory'])('%s in the place of a FIFO', (what) => {
  test('gives its owner a coded error, and no ringer', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const file = path.join(directory, memberFifoName(idOf(directory), 0, 0));
    const victim = path.join(directory, 'victim');
    fs.writeFileSync(victim, '');
    if (what === 'a file') fs.writeFileSync(file, '');
    else if (what === 'a link') fs.symlinkSync(victim, file);
    else fs.mkdirSync(file);
    using producer = attachProducer('ticks', { directory });
    using consumer = attachConsumer('ticks', { directory });
    expect(await rejectionCode(consumer.waitAsync())).toMatch(/^ERR_HERMES_/);
    offerNumbers(producer, 0, 2);
    expect(consumer.poll(() => {})).toBe(2);
    expect(fs.readFileSync(victim)).toHaveLength(0);
  });
});

test('a full FIFO wakes its sleeper, and is empty then', async () => {
  const { directory, producer, consumer } = attachedPair({}, { idle: 'doorbell' });
  const fifo = path.join(directory, memberFifoName(idOf(directory), 0, 0));
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
     createSegment('ticks', { ...options, producers: 1, groups: 1, members: 1, capacity: 65536, mode: 0o660 });
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
