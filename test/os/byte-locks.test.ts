import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { ByteLocks } from '../../src/os/byte-locks.js';
import { koffiMapper } from '../../src/os/koffi-mapper.js';
import { isMissing } from '../../src/os/system-error.js';
import { Child } from '../support/child.js';
import { RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const FAR = 2 ** 40 + 5;
const LENGTH = 4096;

function newFile(): string {
  const file = path.join(scratchDirectory(), 'locked');
  fs.writeFileSync(file, Buffer.alloc(LENGTH, 'abcdefgh'));
  return file;
}

function open(file: string): ByteLocks {
  const locks = ByteLocks.open(file);
  onTestFinished(() => locks.close());
  return locks;
}

/** A process that holds the byte until it is told to end, by a line. */
async function holdingChild(file: string): Promise<Child> {
  const child = Child.start(
    `
    import { ByteLocks } from 'hermes:os/byte-locks.js';
    const locks = ByteLocks.open(process.argv[1]);
    console.log(locks.tryLock(${FAR}));
    process.stdin.once('data', () => {
      locks.unlock(${FAR});
      console.log('unlocked');
    });`,
    file,
  );
  expect(await child.line()).toBe('true');
  return child;
}

test('a byte is exclusive between two users in one process', () => {
  const file = newFile();
  const [one, two] = [open(file), open(file)];
  expect(one.tryLock(FAR)).toBe(true);
  expect(two.tryLock(FAR)).toBe(false);
  expect(two.isLockedByOther(FAR)).toBe(true);
  one.unlock(FAR);
  expect(two.isLockedByOther(FAR)).toBe(false);
  expect(two.tryLock(FAR)).toBe(true);
  expect(one.tryLock(FAR)).toBe(false);
});

test('bytes are independent of each other, wherever they are', () => {
  const file = newFile();
  const [one, two] = [open(file), open(file)];
  const bytes = [0, 1, LENGTH, FAR - 1, FAR, FAR + 1, 2 ** 52];
  for (const byte of bytes.filter((_, i) => i % 2 === 0)) expect(one.tryLock(byte)).toBe(true);
  expect(bytes.map((byte) => two.isLockedByOther(byte))).toEqual(bytes.map((_, i) => i % 2 === 0));
  expect(bytes.map((byte) => two.tryLock(byte))).toEqual(bytes.map((_, i) => i % 2 === 1));
  expect(one.stat().size).toBe(LENGTH);
});

test('one’s own byte is granted again, and is not somebody else’s', () => {
  const locks = open(newFile());
  expect(locks.tryLock(FAR)).toBe(true);
  expect(locks.tryLock(FAR)).toBe(true);
  expect(locks.isLockedByOther(FAR)).toBe(false);
});

test('a probe takes nothing', () => {
  const file = newFile();
  const [one, two] = [open(file), open(file)];
  expect(one.isLockedByOther(FAR)).toBe(false);
  expect(two.isLockedByOther(FAR)).toBe(false);
  expect(two.tryLock(FAR)).toBe(true);
});

test('close drops every byte, and is idempotent', () => {
  const file = newFile();
  const [one, two] = [open(file), open(file)];
  expect([1, 2, 3].every((byte) => one.tryLock(byte))).toBe(true);
  one.close();
  one.close();
  expect([1, 2, 3].every((byte) => two.tryLock(byte))).toBe(true);
});

test('a byte is exclusive between processes', async () => {
  const file = newFile();
  const mine = open(file);
  const child = await holdingChild(file);
  expect(mine.tryLock(FAR)).toBe(false);
  expect(mine.isLockedByOther(FAR)).toBe(true);
  child.tell('end');
  expect(await child.line()).toBe('unlocked');
  expect(mine.tryLock(FAR)).toBe(true);
});

test('the kernel drops the bytes of a process that is killed', async () => {
  const file = newFile();
  const mine = open(file);
  const child = await holdingChild(file);
  expect(mine.tryLock(FAR)).toBe(false);
  expect(await child.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(mine.tryLock(FAR)).toBe(true);
});

test('the kernel keeps the bytes of a process that is stopped', async () => {
  const file = newFile();
  const mine = open(file);
  const child = await holdingChild(file);
  process.kill(child.pid, 'SIGSTOP');
  expect(mine.tryLock(FAR)).toBe(false);
});

test('the bytes of a worker are dropped when it is terminated', async () => {
  const file = newFile();
  const mine = open(file);
  const module = new URL('../../src/os/byte-locks.js', import.meta.url).href;
  const worker = new Worker(
    `import(${JSON.stringify(module)}).then(({ ByteLocks }) => {
      const { parentPort } = require('node:worker_threads');
      const locks = ByteLocks.open(${JSON.stringify(file)});
      parentPort.postMessage(locks.tryLock(${FAR}));
      setInterval(() => locks, 1000);
    });`,
    { eval: true },
  );
  expect(await new Promise((resolve) => worker.on('message', resolve))).toBe(true);
  expect(mine.tryLock(FAR)).toBe(false);
  await worker.terminate();
  expect(mine.tryLock(FAR)).toBe(true);
});

test('programs that are started meanwhile do not keep a byte', async () => {
  const file = newFile();
  const [one, two] = [open(file), open(file)];
  one.tryLock(FAR);
  const program = RunningCommand.start('sleep', ['100']);
  await new Promise((resolve) => program.process.on('spawn', resolve));
  one.close();
  expect(two.tryLock(FAR)).toBe(true);
});

test('a mapping through another descriptor does not keep a byte', () => {
  const file = newFile();
  const [one, two] = [open(file), open(file)];
  one.tryLock(FAR);
  const fd = fs.openSync(file, 'r+');
  const mapping = koffiMapper().map(fd, LENGTH, 'read-write');
  fs.closeSync(fd);
  one.close();
  expect(two.tryLock(FAR)).toBe(true);
  mapping.unmap();
});

test('reads as many bytes as there are', () => {
  const locks = open(newFile());
  expect(locks.read(8, 8).toString()).toBe('abcdefgh');
  expect(locks.read(LENGTH - 4, 100).toString()).toBe('efgh');
  expect(locks.read(LENGTH, 100).length).toBe(0);
});

test('a file that is missing, or a link, is refused', () => {
  const file = newFile();
  fs.symlinkSync(file, `${file}-link`);
  expect(isMissing(thrownBy(() => ByteLocks.open(`${file}-none`)))).toBe(true);
  expect(codeOf(() => ByteLocks.open(`${file}-link`))).toBe('ERR_HERMES_PERMISSION');
});

test('locking through a closed descriptor is an error, not a refusal', () => {
  const locks = open(newFile());
  locks.close();
  expect(codeOf(() => locks.tryLock(FAR))).toBe('ERR_HERMES_SYSTEM');
  expect(codeOf(() => locks.unlock(FAR))).toBe('ERR_HERMES_SYSTEM');
  expect(codeOf(() => locks.isLockedByOther(FAR))).toBe('ERR_HERMES_SYSTEM');
});

test('a byte is probed, whoever holds it and how, without the right to write', () => {
  const file = newFile();
  const [holder, other] = [open(file), ByteLocks.openReadOnly(file)];
  onTestFinished(() => other.close());
  const prober = ByteLocks.openReadOnly(file);
  onTestFinished(() => prober.close());
  expect(prober.isLockedByOther(FAR)).toBe(false);
  expect(holder.tryLock(FAR)).toBe(true);
  expect(prober.isLockedByOther(FAR)).toBe(true);
  expect(other.tryLockShared(FAR + 1)).toBe(true);
  expect(prober.isLockedByOther(FAR + 1)).toBe(true);
  expect(codeOf(() => prober.tryLock(FAR + 2))).toBe('ERR_HERMES_SYSTEM'); // to take one alone it is needed
});

test('a byte that is shared keeps out whoever wants it alone, until the last one has let go', () => {
  const file = newFile();
  const [one, two] = [ByteLocks.openReadOnly(file), ByteLocks.openReadOnly(file)];
  const alone = open(file);
  expect([one.tryLockShared(FAR), two.tryLockShared(FAR)]).toEqual([true, true]);
  expect(alone.tryLock(FAR)).toBe(false);
  expect(one.isLockedByOther(FAR)).toBe(true);
  one.close();
  expect(alone.tryLock(FAR)).toBe(false);
  two.close();
  expect(alone.tryLock(FAR)).toBe(true);
  const late = ByteLocks.openReadOnly(file);
  expect(late.tryLockShared(FAR)).toBe(false);
  late.close();
});
