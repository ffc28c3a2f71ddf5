import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachProducer, createSegment, removeSegment } from '../../src/index.js';
import { memberLockOffset } from '../../src/layout/locks.js';
import { openSegment } from '../../src/segment/segment.js';
import { attachedChild } from '../support/child.js';
import { forgeBootId, pretendOnDisk } from '../support/other-boot.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { until } from '../support/until.js';
import { coordinate, groupNames, inspect } from './coordinating.js';

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
