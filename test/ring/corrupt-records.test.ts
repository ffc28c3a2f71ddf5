import { describe, expect, test } from 'vitest';
import { RESERVED_OFFSET } from '../../src/layout/lane-control.js';
import { PADDING_TYPE } from '../../src/layout/record.js';
import { positionIndex } from '../../src/ring/indices.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import {
  laneReader,
  lossyReader,
  offsetOf,
  type PollingReader,
  setControl,
  startLaneAt,
} from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';
import { thrownBy } from '../support/thrown.js';

const LANE = 1;
const CAPACITY = 65_536;
const MAX_PAYLOAD = 1000;
/** Five messages of 100 bytes, 160 each with their header; the fourth is overwritten. */
const RECORD = 160;
const MESSAGES = 5;
const GOOD = 3;

const readers: readonly (readonly [string, (memory: SegmentMemory) => PollingReader])[] = [
  ['reliable', (memory) => laneReader(memory, LANE)],
  ['lossy', (memory) => lossyReader(memory, LANE, 1)],
];

const u32 = (field: number, value: number) => (bytes: Buffer) => bytes.writeUInt32LE(value >>> 0, field);
const u8 = (field: number, value: number) => (bytes: Buffer) => bytes.writeUInt8(value, field);
const untilEnd = CAPACITY - GOOD * RECORD;

/** What is written over the record's header, and what the error says of it. */
const damages: readonly (readonly [string, (record: Buffer) => unknown, string])[] = [
  ['magic 0', u32(0, 0), 'magic is 0x00000000'],
  ['magic off by one bit', u32(0, 0x534d5249), 'magic is 0x534d5249'],
  ['version 0', u8(4, 0), 'version, flags and lane'],
  ['version 2', u8(4, 2), 'version, flags and lane'],
  ['an unknown flag', u8(6, 2), 'version, flags and lane'],
  ['another lane', u8(7, 0), 'version, flags and lane'],
  ['a reserved type', u8(5, 240), 'type is 240'],
  ['the highest type', u8(5, 255), 'type is 255'],
  ['padding that does not end with the lane', u8(5, PADDING_TYPE), 'padding of 100 bytes'],
  ['a length over the maximum', u32(24, MAX_PAYLOAD + 1), `length is ${MAX_PAYLOAD + 1}, more than`],
  ['a length of 2³¹', u32(24, 2 ** 31), 'length is 2147483648, more than'],
  ['a length of 2³² - 1', u32(24, -1), 'length is 4294967295, more than'],
  ['a length of 2³² - 32', u32(24, -32), 'length is 4294967264, more than'],
  ['a length beyond the head', u32(24, 320), 'length is 320, beyond what has been published'],
  [
    'padding beyond the head',
    (record) => {
      u8(5, PADDING_TYPE)(record);
      u32(24, untilEnd - 32)(record);
    },
    'beyond what has been published',
  ],
];

function fiveMessages(checksum: boolean): { memory: SegmentMemory; record: Buffer } {
  const { memory } = rawSegment({ producers: 2, maxGroups: 2, maxPayload: MAX_PAYLOAD, checksum });
  const writer = new LaneWriter(memory, LANE);
  for (let i = 0; i < MESSAGES; i++) writer.offer(Buffer.alloc(100, i), 1);
  return { memory, record: memory.bytes.subarray(offsetOf(memory, LANE, GOOD * RECORD)) };
}

describe.each(readers)('a %s reader', (kind, open) => {
  /** A reader that stands before the five messages. */
  function reading(checksum: boolean) {
    const { memory } = rawSegment({ producers: 2, maxGroups: 2, maxPayload: MAX_PAYLOAD, checksum });
    const reader = open(memory);
    const writer = new LaneWriter(memory, LANE);
    for (let i = 0; i < MESSAGES; i++) writer.offer(Buffer.alloc(100, i), 1);
    return { memory, reader, record: memory.bytes.subarray(offsetOf(memory, LANE, GOOD * RECORD)) };
  }

  function expectDamage(checksum: boolean, damage: (record: Buffer) => unknown, text: string): void {
    const { memory, reader, record } = reading(checksum);
    damage(record);
    const seen: number[] = [];
    const error = thrownBy(() => reader.poll((message) => seen.push(message.sequence), 100));
    expect(error.code).toBe('ERR_HERMES_CORRUPT_SEGMENT');
    expect(error.message).toContain(`Lane ${LANE}: the record at position ${GOOD * RECORD} is damaged`);
    expect(error.message).toContain(text);
    expect(seen).toEqual([0, 1, 2]);
    if (kind === 'reliable') expect(memory.words[positionIndex(memory, 0, LANE)]).toBe(GOOD * RECORD);
    expect(thrownBy(() => reader.poll(() => {}, 100)).message).toBe(error.message); // it stays so
  }

  test.each(damages)('refuses %s', (_, damage, text) => {
    expectDamage(false, damage, text);
  });

  test.each([
    ['a sequence that came before', -1],
    ['a sequence of 2³² - 1', 2 ** 32 - 1 - GOOD],
  ])('refuses %s', (_, difference) => {
    if (kind === 'lossy' && difference > 0) return; // a lossy reader takes it for a gap
    expectDamage(false, (record) => u32(8, GOOD + difference)(record), 'its sequence');
  });

  test('refuses any byte of header and payload that does not match the checksum', () => {
    const { memory, reader, record } = reading(true);
    let polled = reader.poll(() => {}, GOOD);
    for (let at = 0; at < 132; at++) {
      record[at]! ^= 0x40;
      const error = thrownBy(() => reader.poll(() => polled++, 100));
      expect(error.code, `byte ${at}`).toBe('ERR_HERMES_CORRUPT_SEGMENT');
      expect(error.message).toContain(`position ${GOOD * RECORD}`);
      record[at]! ^= 0x40;
    }
    for (let at = 132; at < RECORD; at++) record[at] = 0xff; // behind the payload: of no account
    polled += reader.poll(() => {}, 100);
    expect(polled).toBe(MESSAGES);
    expect(memory.checksum).toBe(true);
  });

  test('checks the header of padding, and nothing of its content', () => {
    const { memory } = rawSegment({ producers: 2, maxGroups: 2, maxPayload: MAX_PAYLOAD, checksum: true });
    const start = 3 * CAPACITY - 320;
    startLaneAt(memory, LANE, start, 7);
    const reader = open(memory);
    expect(new LaneWriter(memory, LANE).offer(Buffer.alloc(500), 1)).toBe(3 * CAPACITY + 544);
    const padding = memory.bytes.subarray(offsetOf(memory, LANE, start), offsetOf(memory, LANE, start) + 320);
    expect(padding.readUInt32LE(24)).toBe(288);
    expect(padding.readUInt8(5)).toBe(PADDING_TYPE);
    expect(padding.readUInt32LE(8)).toBe(7);
    for (let at = 0; at < 32; at++) {
      padding[at]! ^= 1;
      const error = thrownBy(() => reader.poll(() => {}, 100));
      expect(error.message, `byte ${at}`).toContain(`Lane ${LANE}: the record at position ${start} is damaged`);
      padding[at]! ^= 1;
    }
    padding.fill(0xee, 32);
    const sequences: number[] = [];
    reader.poll((message) => sequences.push(message.sequence), 100);
    expect(sequences).toEqual([7]);
  });
});

test.each(readers)('a %s reader names the whole position, however far the lane has come', (_, open) => {
  const { memory } = rawSegment({ producers: 2, maxGroups: 2, maxPayload: MAX_PAYLOAD });
  const start = 2 ** 40 + 2 ** 32 - 64;
  startLaneAt(memory, LANE, start, 0);
  const reader = open(memory);
  const writer = new LaneWriter(memory, LANE);
  for (let i = 0; i < 4; i++) writer.offer(Buffer.alloc(0), 1);
  memory.bytes[offsetOf(memory, LANE, start + 96)] = 0;
  const error = thrownBy(() => reader.poll(() => {}, 100));
  expect(error.message).toContain(`Lane ${LANE}: the record at position ${start + 96} is damaged`);
});

test('a reliable reader refuses a gap in the sequence', () => {
  const { memory, record } = fiveMessages(false);
  u32(8, GOOD + 1)(record);
  const error = thrownBy(() => laneReader(memory, LANE).poll(() => {}, 100));
  expect(error.message).toContain(`position ${GOOD * RECORD} is damaged: its sequence is 0:4 instead of 0:3`);
});

test('a lossy reader takes damage that the writer is near for being lapped', () => {
  const { memory } = fiveMessages(false);
  startLaneAt(memory, LANE, 0, 0);
  const lossy = lossyReader(memory, LANE, 1);
  const writer = new LaneWriter(memory, LANE);
  for (let i = 0; i < MESSAGES; i++) writer.offer(Buffer.alloc(100, i), 1);
  memory.bytes.fill(0, offsetOf(memory, LANE, 0), offsetOf(memory, LANE, RECORD));
  setControl(memory, LANE, RESERVED_OFFSET, 9);
  expect(lossy.poll(() => {}, 100)).toBe(0);
});
