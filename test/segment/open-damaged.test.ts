import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { HermesError } from '../../src/errors.js';
import { attachConsumer, attachProducer, createSegment, inspectSegment, listSegments } from '../../src/index.js';
import { sectionsOf } from '../../src/layout/geometry.js';
import * as P from '../../src/layout/preamble.js';
import type { NamedCall } from '../support/named-call.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { sealed } from '../support/sealed-preamble.js';
import { codeOf, thrownBy } from '../support/thrown.js';

/** A segment as bytes, to be damaged and written somewhere else. */
function pristine(): { directory: string; file: string; content: Buffer } {
  const directory = scratchDirectory();
  const { path: file } = createSegment('ticks', { ...SMALL, maxGroups: 2, directory });
  return { directory, file, content: fs.readFileSync(file) };
}

/** Attaches both ways and sends one message through: what every sound segment lets one do. */
function use(directory: string): void {
  const producer = attachProducer('ticks', { directory });
  try {
    const consumer = attachConsumer('ticks', { directory });
    try {
      expect(producer.offer(Buffer.from('through'))).toBeGreaterThan(0);
      const seen: string[] = [];
      for (let polls = 0; polls < 3 && seen.length === 0; polls++) {
        consumer.poll((message) => seen.push(message.payload.toString()));
      }
      expect(seen).toEqual(['through']);
    } finally {
      consumer.detach();
    }
  } finally {
    producer.detach();
  }
}

/** The code that using the segment ends in, or `fine`. Anything but a HermesError fails the test. */
function outcome(directory: string): string {
  try {
    inspectSegment('ticks', { directory });
    use(directory);
    return 'fine';
  } catch (error) {
    if (error instanceof HermesError) return error.code;
    throw error;
  }
}

describe('with one byte of the preamble changed, a segment', () => {
  /** Changes bytes of the file one after the other. Before each, what attached participants left there is undone. */
  function damage(from: number, to: number, change: (byte: number, offset: number) => number) {
    const { directory, file, content } = pristine();
    const control = content.subarray(0, Number(content.readBigUInt64LE(P.LANES_OFFSET_OFFSET)));
    const fd = fs.openSync(file, 'r+');
    const outcomes: { offset: number; found: string }[] = [];
    for (let offset = from; offset < to; offset++) {
      const copy = Buffer.from(control);
      copy[offset] = change(copy[offset]!, offset);
      fs.writeSync(fd, copy, 0, copy.length, 0);
      outcomes.push({ offset, found: outcome(directory) });
    }
    fs.closeSync(fd);
    return outcomes;
  }

  const sealedEnd = P.READY_OFFSET + 4;
  const isMajor = (offset: number) => offset >= P.LAYOUT_MAJOR_OFFSET && offset < P.LAYOUT_MINOR_OFFSET;
  const isRoster = (offset: number) => offset >= P.ROSTER_OFFSET && offset < P.ROSTER_OFFSET + 4;

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('is refused with a code if it is sealed (bit %d)', (bit) => {
    for (const { offset, found } of damage(0, sealedEnd, (byte) => byte ^ (1 << bit))) {
      const expected = isMajor(offset) ? 'ERR_HERMES_INCOMPATIBLE_LAYOUT' : 'ERR_HERMES_CORRUPT_SEGMENT';
      expect(found, `byte ${offset}`).toBe(expected);
    }
  });

  test.each<[string, (byte: number, offset: number) => number]>([
    ['turned over', (byte) => byte ^ 0xff],
    ['one bit, another one for each byte', (byte, offset) => byte ^ (1 << (offset % 8))],
  ])('is refused with a code or works, as the byte is sealed or not: %s', (_, change) => {
    for (const { offset, found } of damage(0, P.PREAMBLE_LENGTH, change)) {
      if (offset < sealedEnd)
        expect(found, `byte ${offset}`).toMatch(/^ERR_HERMES_(CORRUPT_SEGMENT|INCOMPATIBLE_LAYOUT)$/);
      else if (isRoster(offset)) expect(['fine', 'ERR_HERMES_REMOVED'], `byte ${offset}`).toContain(found);
      else expect(found, `byte ${offset}`).toBe('fine');
    }
  });
});

test('a file of any length but its own is refused', () => {
  const { directory, file, content } = pristine();
  const lengths = [0, 1, 7, 8, 255, 256, 4095, 4096, 4097, 8192, content.length - 65_536, content.length - 1];
  for (const length of lengths) {
    fs.writeFileSync(file, content.subarray(0, length));
    const error = thrownBy(() => attachConsumer('ticks', { directory }));
    expect(error.code, `${length}`).toBe('ERR_HERMES_CORRUPT_SEGMENT');
    expect(error.message).toContain(`${length} bytes`);
    expect(codeOf(() => inspectSegment('ticks', { directory }))).toBe('ERR_HERMES_CORRUPT_SEGMENT');
  }
  fs.writeFileSync(file, Buffer.concat([content, Buffer.alloc(1)]));
  expect(codeOf(() => attachConsumer('ticks', { directory }))).toBe('ERR_HERMES_CORRUPT_SEGMENT');
  fs.writeFileSync(file, content);
  use(directory);
});

test.each(['HERMESEF', 'hermeseg', '\0\0\0\0\0\0\0\0', '#!/bin/s'])(
  'a file that begins with %j is no segment',
  (magic) => {
    const { directory, file, content } = pristine();
    content.write(magic, 0, 'latin1');
    fs.writeFileSync(file, content);
    const error = thrownBy(() => attachProducer('ticks', { directory }));
    expect(error.code).toBe('ERR_HERMES_CORRUPT_SEGMENT');
    expect(error.message).toContain('it is no segment');
  },
);

test.each([0, 2, 7, 2 ** 32 - 1])('layout %d is another one: both versions are in the error', (major) => {
  const { directory, file, content } = pristine();
  fs.writeFileSync(file, sealed(sealed(content, P.LAYOUT_MAJOR_OFFSET, major), P.LAYOUT_MINOR_OFFSET, 3));
  const error = thrownBy(() => attachProducer('ticks', { directory }));
  expect(error.code).toBe('ERR_HERMES_INCOMPATIBLE_LAYOUT');
  expect(error.message).toContain(`layout ${major}.3, this version of Hermes reads ${P.LAYOUT_MAJOR}.x`);
});

test('a higher minor version, and flags that nobody knows yet, are no hindrance', () => {
  const { directory, file, content } = pristine();
  fs.writeFileSync(file, sealed(sealed(content, P.LAYOUT_MINOR_OFFSET, 9), P.FLAGS_OFFSET, 0xffff_fffe));
  use(directory);
});

test('a segment that was never finished is refused', () => {
  const { directory, file, content } = pristine();
  content.writeUInt32LE(0, P.READY_OFFSET);
  fs.writeFileSync(file, content);
  expect(thrownBy(() => attachProducer('ticks', { directory })).message).toContain('its creation was not finished');
});

test.each<[string, number, number | bigint]>([
  ['no lanes', P.LANE_COUNT_OFFSET, 0],
  ['257 lanes', P.LANE_COUNT_OFFSET, 257],
  ['one lane more', P.LANE_COUNT_OFFSET, 2],
  ['no groups', P.GROUP_COUNT_OFFSET, 0],
  ['more groups', P.GROUP_COUNT_OFFSET, 64],
  ['no members', P.MEMBER_COUNT_OFFSET, 0],
  ['more members', P.MEMBER_COUNT_OFFSET, 64],
  ['a larger capacity', P.LANE_CAPACITY_OFFSET, 131_072],
  ['a capacity that is no power of two', P.LANE_CAPACITY_OFFSET, 65_568],
  ['a capacity of 0', P.LANE_CAPACITY_OFFSET, 0],
  ['a payload that is too large', P.MAX_PAYLOAD_LENGTH_OFFSET, 65_536],
  ['another file length', P.FILE_LENGTH_OFFSET, 4096n],
  ['a huge file length', P.FILE_LENGTH_OFFSET, 2n ** 63n],
  ['lanes elsewhere', P.LANES_OFFSET_OFFSET, 4096n],
  ['lane controls elsewhere', P.LANE_CONTROLS_OFFSET_OFFSET, 2n ** 40n],
  ['positions elsewhere', P.POSITIONS_OFFSET_OFFSET, 0n],
])('a sealed preamble that tells of %s is refused', (_, offset, value) => {
  const { directory, file, content } = pristine();
  fs.writeFileSync(file, sealed(content, offset, value));
  expect(outcome(directory)).toBe('ERR_HERMES_CORRUPT_SEGMENT');
});

test('a file that is as long as another geometry says is still its own', () => {
  const { directory, file, content } = pristine();
  const { fileLength } = sectionsOf({
    laneCount: 2,
    groupCount: 2,
    memberCount: 1,
    laneCapacity: 65_536,
    maxPayloadLength: 1,
  });
  fs.writeFileSync(file, sealed(Buffer.concat([content], fileLength), P.LANE_COUNT_OFFSET, 2));
  expect(outcome(directory)).toBe('ERR_HERMES_CORRUPT_SEGMENT');
});

test.each<[string, (file: string) => void]>([
  ['a FIFO', (file) => spawnSync('mkfifo', [file])],
  ['a directory', (file) => fs.mkdirSync(file)],
  ['a link to a segment', (file) => fs.symlinkSync(`${file}-real`, file)],
  ['a link to nowhere', (file) => fs.symlinkSync(`${file}-none`, file)],
])('%s under the name is refused with a code, at once, and is not listed', (_, make) => {
  const directory = scratchDirectory();
  createSegment('ticks-real', { ...SMALL, directory });
  make(path.join(directory, 'ticks'));
  for (const call of [attachProducer, attachConsumer, inspectSegment] as NamedCall[]) {
    expect(thrownBy(() => call('ticks', { directory })).message).toContain(path.join(directory, 'ticks'));
  }
  expect(listSegments({ directory }).map(({ name }) => name)).toEqual(['ticks-real']);
});
