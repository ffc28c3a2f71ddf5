import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  createSegment,
  inspectJournal,
  inspectSegment,
  openJournal,
  type Recorder,
  type RecorderOptions,
  removeGroup,
  replayInto,
  type SyncMode,
  verifyJournal,
} from '../../src/index.js';
import { numberedPayload } from '../support/numbered-payload.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';
import { scratchOnDisk } from './disk.js';

const SEGMENT = 'ticks';
const MIB = 1024 * 1024;

interface Place {
  readonly directory: string;
  readonly to: string;
}

function newSegment(options: object = {}): Place {
  const directory = scratchDirectory();
  createSegment(SEGMENT, { directory, producers: 2, capacity: 65_536, ...options });
  return { directory, to: path.join(scratchOnDisk(), 'journal') };
}

function attach({ directory, to }: Place, options: Partial<RecorderOptions> = {}): Recorder {
  const recorder = attachRecorder(SEGMENT, { directory, to, group: 'default', fileLength: 65_536, ...options });
  onTestFinished(() => recorder.detach());
  return recorder;
}

function sequencesIn(to: string): number[] {
  using reader = openJournal(to);
  const sequences: number[] = [];
  while (reader.read(({ sequence }) => sequences.push(sequence)) > 0);
  return sequences;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe.each(['os', 'interval', 'every'] as const)('sync %s', (sync: SyncMode) => {
  test('everything is recorded, acknowledged, and goes back into a segment as it was', async () => {
    const place = newSegment({ checksum: sync === 'interval' });
    const recorder = attach(place, { sync, syncIntervalMs: 5 });
    const ran = recorder.run({ drain: true });
    const count = 800;
    const producer = attachProducer(SEGMENT, { directory: place.directory });
    for (let i = 0; i < count; ) {
      if (producer.offer(numberedPayload(0, i), 1 + (i % 239)) < 0) await setTimeout(1);
      else i++;
    }
    producer.detach();
    await ran;
    expect(inspectSegment(SEGMENT, { directory: place.directory }).groups[0]!.lagLength).toBe(0);
    recorder.detach();
    createSegment('again', { directory: place.directory, capacity: 8 * MIB });
    const report = await replayInto(place.to, 'again', { directory: place.directory });
    expect([report.messages, [...report.lanes]]).toEqual([count, [[0, 0]]]);
    using consumer = attachConsumer('again', { directory: place.directory });
    let received = 0;
    const check = ({ payload, type }: { payload: Buffer; type: number }) => {
      expect([payload.equals(numberedPayload(0, received)), type]).toEqual([true, 1 + (received % 239)]);
      received++;
    };
    while (consumer.poll(check) > 0);
    expect(received).toBe(count);
  });
});

test('nothing is acknowledged with sync every before it was synced, and record does both', () => {
  const place = newSegment();
  const recorder = attach(place, { sync: 'every' });
  using producer = attachProducer(SEGMENT, { directory: place.directory });
  producer.offer(Buffer.from('a'));
  expect(inspectSegment(SEGMENT, { directory: place.directory }).groups[0]!.lagLength).toBe(64);
  expect(recorder.record()).toBe(1);
  expect(inspectSegment(SEGMENT, { directory: place.directory }).groups[0]!.lagLength).toBe(0);
});

test('its own group begins with the oldest message that is still held, and is durable', () => {
  const place = newSegment();
  using producer = attachProducer(SEGMENT, { directory: place.directory });
  producer.offer(Buffer.from('a')); // the group default holds it
  const recorder = attach(place, { group: undefined });
  expect(recorder.record()).toBe(1);
  recorder.detach();
  const group = inspectSegment(SEGMENT, { directory: place.directory }).groups.find(({ name }) => name === 'journal');
  expect(group).toMatchObject({ durable: true, shared: false, mode: 'reliable', lagLength: 0 });
});

describe('two recorders', () => {
  test('of one directory: the second is refused, and told of the first', () => {
    const place = newSegment();
    attach(place);
    const error = thrownBy(() => attach(place, { group: 'other' }));
    expect([error.code, error.message]).toEqual(['ERR_HERMES_BUSY', expect.stringContaining(`${process.pid}`)]);
    expect(inspectSegment(SEGMENT, { directory: place.directory }).groups.map(({ name }) => name)).toEqual(['default']); // it left nothing behind
  });

  test('of one group: likewise', () => {
    const place = newSegment();
    attach(place);
    const other = { ...place, to: path.join(path.dirname(place.to), 'other') };
    expect(codeOf(() => attach(other))).toBe('ERR_HERMES_NO_FREE_MEMBER');
    attachRecorder(SEGMENT, { ...other, group: 'second', fileLength: 65_536 }).detach(); // nobody kept the directory
  });
});

test('a group whose members share messages is refused', () => {
  const place = newSegment({ shared: true });
  expect(codeOf(() => attach(place))).toBe('ERR_HERMES_INVALID_OPTION');
});

test('messages that were missed, as the group was removed meanwhile, are counted and show as a gap', async () => {
  const place = newSegment();
  const group = 'audit';
  using producer = attachProducer(SEGMENT, { directory: place.directory });
  removeGroup(SEGMENT, 'default', { directory: place.directory });
  const recorder = attach(place, { group });
  for (let i = 0; i < 5; i++) producer.offer(numberedPayload(0, i));
  expect(recorder.record()).toBe(5);
  recorder.detach();
  removeGroup(SEGMENT, group, { directory: place.directory });
  for (let i = 5; i < 8; i++) producer.offer(numberedPayload(0, i));
  const next = attach(place, { group, from: 'latest' });
  producer.offer(numberedPayload(0, 8));
  expect([next.record(), next.missedCount]).toEqual([1, 3]);
  const { gaps } = await verifyJournal(place.to);
  expect(gaps).toEqual([{ segmentId: inspectJournal(place.to).segmentId, lane: 0, fromSequence: 5, toSequence: 8 }]);
});

describe.skipIf(!canMount)('a file system that is full', () => {
  test('holds producers back; nothing is lost, and recording goes on when there is room', async () => {
    const place = { ...newSegment(), to: path.join(smallFileSystem(3 * 65_536 + 20_480), 'journal') };
    const recorder = attach(place);
    using producer = attachProducer(SEGMENT, { directory: place.directory });
    const ending = new AbortController();
    const told: (string | null)[] = [];
    const ran = recorder.run({ signal: ending.signal, onBlocked: (error) => told.push(error?.code ?? null) });
    let sent = 0;
    let refusals = 0;
    while (told.length === 0 || refusals < 50) {
      if (producer.offer(numberedPayload(0, sent)) < 0) {
        refusals++;
        await setTimeout(1);
      } else sent++;
    }
    expect(told).toEqual(['ERR_HERMES_NO_SPACE']);
    const whole = sequencesIn(place.to);
    expect(whole).toEqual(upTo(whole.length));
    expect(whole.length).toBeLessThan(sent);
    // Room: the oldest two files go.
    for (const name of fs
      .readdirSync(place.to)
      .filter((each) => /journal$/.test(each))
      .sort()
      .slice(1, 3)) {
      fs.copyFileSync(
        path.join(place.to, name),
        path.join(path.dirname(place.directory), `${path.basename(place.directory)}-${name}`),
      );
      fs.rmSync(path.join(place.to, name));
      onTestFinished(() =>
        fs.rmSync(path.join(path.dirname(place.directory), `${path.basename(place.directory)}-${name}`)),
      );
    }
    await until(() => producer.offer(numberedPayload(0, sent)) >= 0);
    sent++;
    await until(() => inspectSegment(SEGMENT, { directory: place.directory }).groups[0]!.lagLength === 0);
    ending.abort();
    await ran;
    expect(told).toEqual(['ERR_HERMES_NO_SPACE', null]);
    recorder.detach();
    const rest = sequencesIn(place.to);
    expect(rest).toEqual(upTo(sent).slice(-rest.length));
    expect(rest[0]).toBeLessThanOrEqual(whole.length);
  });

  test('from the start is refused with what to do', () => {
    const place = { ...newSegment(), to: path.join(smallFileSystem(32_768), 'journal') };
    const error = thrownBy(() => attach(place));
    expect([error.code, error.message]).toEqual([
      'ERR_HERMES_NO_SPACE',
      expect.stringContaining('hermes journal prune'),
    ]);
  });

  test('that is read-only is refused', () => {
    const place = newSegment();
    const mounted = smallFileSystem(4 * 65_536);
    const recorder = attach({ ...place, to: mounted });
    recorder.detach();
    expect(spawnSync('mount', ['-o', 'remount,ro', mounted]).status).toBe(0);
    expect(codeOf(() => attach({ ...place, to: mounted }))).toBe('ERR_HERMES_PERMISSION');
    expect(sequencesIn(mounted)).toEqual([]); // and can be read
  });
});

test('a directory that cannot be made, and a file that cannot hold the largest message, are refused', () => {
  const place = newSegment({ capacity: MIB, maxPayload: 100_000 });
  expect(thrownBy(() => attach(place)).message).toMatch(
    /fileLength is 65536, and the largest message.*needs 100\d\d\d bytes/,
  );
  const file = `${place.to}-file`;
  fs.writeFileSync(file, 'no journal');
  for (const to of [path.join(place.to, 'a', 'b'), file, path.join(file, 'a')]) {
    expect(
      codeOf(() => attach({ ...place, to }, { fileLength: MIB })),
      to,
    ).toBe('ERR_HERMES_INVALID_OPTION');
  }
});
