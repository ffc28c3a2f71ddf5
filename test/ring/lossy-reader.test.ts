import { describe, expect, test } from 'vitest';
import { GROUP_FREE } from '../../src/layout/group-table.js';
import { RESERVED_OFFSET } from '../../src/layout/lane-control.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { control, lossyReader, pieceLength, setControl, setGroupState, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';

const CAPACITY = 65_536;
const PIECE = CAPACITY / 8;
/** Messages of 96 bytes; a lane holds 682 of them. */
const RECORD = 128;
const PAYLOAD = 96;

interface Seen {
  readonly sequence: number;
  readonly lost: number;
}

/** A lane that no reliable group holds back. */
function freeLane(): SegmentMemory {
  const { memory } = rawSegment();
  setGroupState(memory, 0, GROUP_FREE);
  return memory;
}

function write(writer: LaneWriter, count: number): void {
  for (let i = 0; i < count; i++) expect(writer.offer(Buffer.alloc(PAYLOAD, 1), 1)).toBeGreaterThan(0);
}

function poll(reader: ReturnType<typeof lossyReader>, limit = 10_000): Seen[] {
  const seen: Seen[] = [];
  reader.poll(({ sequence, lost }) => seen.push({ sequence, lost }), limit);
  return seen;
}

const sequences = (seen: readonly Seen[]) => seen.map(({ sequence }) => sequence);
const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

describe.each([0, 2 ** 31 - 4096, 2 ** 32 - 4096, 2 ** 40])('a lossy reader of a lane that starts at %d', (start) => {
  function lane() {
    const memory = freeLane();
    startLaneAt(memory, 0, start, start);
    return { memory, writer: new LaneWriter(memory, 0), reader: lossyReader(memory) };
  }

  test('begins at the head, and loses nothing while it keeps up', () => {
    const { writer, memory } = lane();
    write(writer, 3);
    const reader = lossyReader(memory);
    expect(poll(reader)).toEqual([]);
    for (let round = 0; round < 100; round++) {
      write(writer, 17);
      const first = start + 3 + round * 17;
      expect(poll(reader)).toEqual(range(first, first + 17).map((sequence) => ({ sequence, lost: 0 })));
    }
    expect(reader.lost).toBe(0);
  });

  test('that is lapped counts exactly what it lost, and goes on from the head', () => {
    const { writer, reader } = lane();
    write(writer, 5);
    expect(sequences(poll(reader, 2))).toEqual([start, start + 1]);
    write(writer, 2000);
    expect(poll(reader)).toEqual([]); // it is at the head now
    write(writer, 1);
    expect(poll(reader)).toEqual([{ sequence: start + 2005, lost: 2003 }]);
    expect(reader.lost).toBe(2003);
    write(writer, 3000);
    poll(reader);
    write(writer, 2);
    expect(poll(reader)).toEqual([
      { sequence: start + 5006, lost: 3000 },
      { sequence: start + 5007, lost: 0 },
    ]);
    expect(reader.lost).toBe(5003);
  });

  test('is not misled when the head has gone round by a multiple of the lane', () => {
    const { writer, reader } = lane();
    for (const laps of [1, 2, 3]) {
      write(writer, (CAPACITY / RECORD) * laps);
      poll(reader);
    }
    write(writer, 1);
    const [next] = poll(reader);
    expect(next!.sequence).toBe(start + (CAPACITY / RECORD) * 6);
    expect(reader.lost).toBe(next!.lost);
  });
});

test('a record is good while its eighth and the seven after it are all that is reserved, and not any longer', () => {
  const memory = freeLane();
  const reader = () => {
    startLaneAt(memory, 0, 0, 0);
    const opened = lossyReader(memory);
    write(new LaneWriter(memory, 0), (2 * PIECE) / RECORD);
    return opened;
  };
  const perPiece = PIECE / RECORD;
  const [whole, half, none] = [reader(), reader(), reader()];
  setControl(memory, 0, RESERVED_OFFSET, 8);
  expect(sequences(poll(whole))).toEqual(range(0, 2 * perPiece));
  setControl(memory, 0, RESERVED_OFFSET, 9); // the writer may be in the first eighth
  expect(poll(half, perPiece)).toEqual([]);
  setControl(memory, 0, RESERVED_OFFSET, 8);
  expect(sequences(poll(none, perPiece))).toEqual(range(0, perPiece)); // now it stands in the second eighth
  setControl(memory, 0, RESERVED_OFFSET, 9);
  expect(sequences(poll(none))).toEqual(range(perPiece, 2 * perPiece));
});

test('reserved is ahead of what is written, from before the first byte of it, and is never lowered', () => {
  const memory = freeLane();
  startLaneAt(memory, 0, 2 ** 32 - 3 * CAPACITY, 0);
  let writer = new LaneWriter(memory, 0);
  let before = control(memory, 0, RESERVED_OFFSET);
  expect(pieceLength(memory)).toBe(PIECE);
  for (let i = 0; i < 3000; i++) {
    const length = (i * 977) % (CAPACITY / 4);
    const offset = writer.tryClaim(length, 1, 1);
    expect(offset).toBeGreaterThan(0);
    const reserved = control(memory, 0, RESERVED_OFFSET); // as a lossy reader sees it while the claim is written to
    const place = offset - memory.sections.lanesOffset + length;
    const end = writer.position - (writer.position % CAPACITY) + place; // or one lap more, if it was padded
    const claimEnd = end > writer.position ? end : end + CAPACITY;
    expect((Math.imul(reserved, PIECE) - claimEnd) | 0).toBeGreaterThanOrEqual(0);
    expect((reserved - before) | 0).toBeGreaterThanOrEqual(0);
    before = reserved;
    if (i % 5 === 0) writer.abort();
    else writer.commit();
    if (i % 7 === 0) writer = new LaneWriter(memory, 0);
    expect(control(memory, 0, RESERVED_OFFSET)).toBe(before);
  }
});
