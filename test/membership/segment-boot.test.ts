import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ensureSegment } from '../../src/control/ensure-segment.js';
import {
  attachConsumer,
  attachProducer,
  createSegment,
  inspectSegment,
  listSegments,
  removeGroup,
  removeSegment,
} from '../../src/index.js';
import { CONTROL_LOCK_OFFSET, producerLockOffset } from '../../src/layout/locks.js';
import { SLOT_ATTACHED, SLOT_STATE_OFFSET } from '../../src/layout/participant-slot.js';
import { producerSlotIndex, wordAt } from '../../src/ring/indices.js';
import { openSegment } from '../../src/segment/segment.js';
import { scratchOnDisk } from '../journal/disk.js';
import { attachedChild } from '../support/child.js';
import { atLook } from '../support/look.js';
import type { NamedCall } from '../support/named-call.js';
import { forgeBootId, pretendOnDisk } from '../support/other-boot.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { scratchDirectory, withoutDoorbells } from '../support/scratch.js';
import { canMount } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';

function newSegment(): { directory: string; file: string } {
  const directory = scratchDirectory();
  const { path: file } = createSegment('ticks', { ...SMALL, maxGroups: 2, directory });
  return { directory, file };
}

/** Attaches both ways. */
function use(directory: string): void {
  attachProducer('ticks', { directory }).detach();
  attachConsumer('ticks', { directory }).detach();
}

describe('a segment with another boot id', () => {
  const attachers: readonly NamedCall[] = [attachProducer, attachConsumer];

  test('may be inspected, and nobody attaches, where it may be of an earlier boot', () => {
    pretendOnDisk();
    const { directory, file } = newSegment();
    forgeBootId(file);
    for (const attach of attachers) {
      const error = thrownBy(() => attach('ticks', { directory }));
      expect(error.code).toBe('ERR_HERMES_OTHER_BOOT');
      expect(error.message).toMatch(
        /segment ticks .*before the machine was started.*abababab.*nobody is attached.*tmpfs/,
      );
    }
    expect(codeOf(() => removeGroup('ticks', 'default', { directory }))).toBe('ERR_HERMES_OTHER_BOOT');
    expect(inspectSegment('ticks', { directory }).isOfThisBoot).toBe(false);
  });

  test('is used where it is in memory, which no boot outlives', () => {
    const { directory, file } = newSegment();
    forgeBootId(file);
    expect(inspectSegment('ticks', { directory }).isOfThisBoot).toBe(true);
    use(directory);
    removeGroup('ticks', 'default', { directory });
  });

  test('is used as long as somebody is attached: the kernel that tells of the lock is this one', () => {
    pretendOnDisk();
    const { directory, file } = newSegment();
    const others = [
      attachProducer('ticks', { directory }),
      attachConsumer('ticks', { directory, group: 'guests', mode: 'lossy' }),
    ];
    forgeBootId(file);
    for (const other of others) {
      expect(inspectSegment('ticks', { directory }).isOfThisBoot).toBe(true);
      attachConsumer('ticks', { directory }).detach();
      other.detach();
    }
    expect(codeOf(() => attachConsumer('ticks', { directory }))).toBe('ERR_HERMES_OTHER_BOOT');
  });

  test('is not made one of this boot by who holds the control lock, or has left a slot occupied', () => {
    pretendOnDisk();
    const { directory, file } = newSegment();
    forgeBootId(file);
    const segment = openSegment('ticks', { directory }, 'read-write');
    try {
      segment.locks.tryLock(CONTROL_LOCK_OFFSET);
      const words = segment.memory.words;
      words[wordAt(producerSlotIndex(segment.memory, 0), SLOT_STATE_OFFSET)] = SLOT_ATTACHED;
      expect(inspectSegment('ticks', { directory }).isOfThisBoot).toBe(false);
    } finally {
      segment.close();
    }
    expect(codeOf(() => attachConsumer('ticks', { directory }))).toBe('ERR_HERMES_OTHER_BOOT');
  });

  test.each(['attachProducer', 'attachConsumer'])('is not removed while somebody has it: %s', async (attach) => {
    const { directory } = newSegment();
    const child = await attachedChild(`${attach}('ticks', ${JSON.stringify({ directory })})`);
    forgeBootId(path.join(directory, 'ticks'));
    const error = thrownBy(() => removeSegment('ticks', { directory }));
    expect(error.code).toBe('ERR_HERMES_BUSY');
    expect(error.message).toContain(`in use by process ${child.pid}:`);
    await child.kill('SIGKILL');
    removeSegment('ticks', { directory });
    expect(withoutDoorbells(directory)).toEqual([]);
  });

  test('is removed without force where nobody holds a lock, whatever its slots say', async () => {
    const { directory } = newSegment();
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    await child.kill('SIGKILL');
    expect(inspectSegment('ticks', { directory }).lanes[0]!.producer).toMatchObject({ alive: false });
    forgeBootId(path.join(directory, 'ticks'));
    removeSegment('ticks', { directory });
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('is not replaced for it where somebody attaches just before', () => {
    pretendOnDisk();
    const { directory, file } = newSegment();
    const { segmentId } = inspectSegment('ticks', { directory });
    forgeBootId(file);
    const other = openRaw(directory);
    // The first look is the inspection's, the second one is taken to remove it: in between somebody attaches who has that boot id.
    atLook(file, 2, () => {
      expect(other.locks.tryLock(producerLockOffset(0))).toBe(true);
    });
    expect(ensureSegment('ticks', { ...SMALL, maxGroups: 2, directory }).origin).toBe('adopted');
    expect(inspectSegment('ticks', { directory })).toMatchObject({ segmentId, isOfThisBoot: true, isRemoved: false });
  });
});

describe('where the boot id is not shown', () => {
  /** As with `subset=pid` of /proc. */
  function hideBootId(): () => void {
    const { readFileSync } = fs;
    const spy = vi.spyOn(fs, 'readFileSync').mockImplementation(((file: fs.PathLike, options: 'utf8') => {
      if (!`${file}`.includes('boot_id')) return readFileSync(file, options);
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    }) as typeof readFileSync);
    onTestFinished(() => spy.mockRestore());
    return () => spy.mockRestore();
  }
  const naming = /ERR_HERMES_SYSTEM.*\/proc\/sys\/kernel\/random\/boot_id: ENOENT/;
  const told = (action: () => unknown) => {
    const { code, message } = thrownBy(action);
    return `${code} ${message}`;
  };

  test('segments in memory are created, listed and used', () => {
    hideBootId();
    const { directory } = newSegment();
    expect(listSegments({ directory })).toMatchObject([{ name: 'ticks', segment: { isOfThisBoot: true } }]);
    use(directory);
    removeSegment('ticks', { directory });
  });

  test('what was created so is used where the id is shown', () => {
    const show = hideBootId();
    const { directory } = newSegment();
    show();
    use(directory);
  });

  test('a segment on a disk is listed, and used while somebody is attached; else the error names /proc', () => {
    pretendOnDisk();
    const { directory } = newSegment();
    const producer = attachProducer('ticks', { directory });
    hideBootId();
    attachConsumer('ticks', { directory }).detach();
    producer.detach();
    expect(listSegments({ directory })).toMatchObject([{ name: 'ticks', error: null }]);
    expect(told(() => attachProducer('ticks', { directory }))).toMatch(naming);
    expect(told(() => createSegment('other', { ...SMALL, directory }))).toMatch(naming);
    expect(told(() => ensureSegment('other', { ...SMALL, directory }))).toMatch(naming);
    expect(ensureSegment('ticks', { ...SMALL, maxGroups: 2, directory }).origin).toBe('adopted');
    removeSegment('ticks', { directory });
  });
});

test.runIf(canMount)('a file of a disk that is mounted into a directory in memory is not in memory', () => {
  const onDisk = path.join(scratchOnDisk(), 'ticks');
  const directory = scratchDirectory();
  const { path: file } = createSegment('ticks', { ...SMALL, directory });
  forgeBootId(file);
  fs.copyFileSync(file, onDisk);
  expect(inspectSegment('ticks', { directory }).isOfThisBoot).toBe(true);
  expect(spawnSync('mount', ['--bind', onDisk, file]).status).toBe(0);
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', file]);
  });
  const isOnDisk = fs.statSync(onDisk).dev !== fs.statSync(directory).dev;
  expect(inspectSegment('ticks', { directory }).isOfThisBoot).toBe(!isOnDisk);
});
