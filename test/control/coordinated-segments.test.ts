import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  Coordinator,
  createSegment,
  removeGroup,
  removeSegment,
} from '../../src/index.js';
import { forgeBootId, pretendOnDisk } from '../support/other-boot.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory, withoutDoorbells } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';
import { coordinate, groupNames, inspect } from './coordinating.js';

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
    const adopting = coordinate({ directory, segments: { ticks: SMALL } });
    expect(adopting.segments).toMatchObject({ ticks: { origin: 'adopted', error: null } });
    adopting.stop();
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
