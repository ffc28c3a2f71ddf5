import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RESERVED_OFFSET } from '../../src/layout/lane-control.js';
import { recordLength } from '../../src/layout/record.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { control, laneReader, pieceLength, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';

const CAPACITY = 65_536;
const MAX_PAYLOAD = CAPACITY / 4;

type Step =
  | { readonly do: 'offer' | 'commit' | 'abort'; readonly length: number }
  | { readonly do: 'batch'; readonly lengths: readonly number[] }
  | { readonly do: 'poll'; readonly limit: number }
  | { readonly do: 'successor' };

const length = fc.oneof(
  { weight: 3, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.nat(MAX_PAYLOAD) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 31, 32, 33, MAX_PAYLOAD - 1, MAX_PAYLOAD) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('offer', 'commit', 'abort'), length }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('batch'), lengths: fc.array(length, { maxLength: 40 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('poll'), limit: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('successor') }) },
);

/** A lane kept as a list: where each message that is not read yet ends, and what it says. */
class ListedLane {
  readonly unread: { end: number; type: number; sequence: number; payload: Buffer }[] = [];
  readonly payloadOf = (count: number) => Buffer.alloc(count, `${this.sequence}|`);

  constructor(
    public head: number,
    public sequence: number,
    public consumed: number = head,
  ) {}

  get nextType(): number {
    return 1 + (this.sequence % 239);
  }

  /** Where a message would end, padding included, or undefined when it has no room. */
  endOf(payloadLength: number): number | undefined {
    const untilEnd = CAPACITY - (this.head % CAPACITY);
    const need = recordLength(payloadLength);
    const end = this.head + need + (need > untilEnd ? untilEnd : 0);
    return end - this.consumed <= CAPACITY ? end : undefined;
  }

  add(payloadLength: number, type: number): void {
    const payload = this.payloadOf(payloadLength);
    this.head = this.endOf(payloadLength)!;
    this.unread.push({ end: this.head, type, sequence: this.sequence++, payload });
  }
}

function write(
  memory: SegmentMemory,
  writer: LaneWriter,
  list: ListedLane,
  { length, do: how }: Step & { length: number },
) {
  const end = list.endOf(length);
  const type = list.nextType;
  if (how === 'offer') {
    expect(writer.offer(list.payloadOf(length), type)).toBe(end ?? -1);
  } else {
    const offset = writer.tryClaim(length, type, 1);
    expect(offset >= 0).toBe(end !== undefined);
    if (end === undefined) return;
    list.payloadOf(length).copy(memory.bytes, offset);
    if (how === 'abort') return writer.abort();
    expect(writer.commit()).toBe(end);
  }
  if (end !== undefined) list.add(length, type);
}

function writeBatch(writer: LaneWriter, list: ListedLane, lengths: readonly number[]): void {
  const type = list.nextType;
  const first = list.sequence;
  const payloads = lengths.map((count, i) => Buffer.alloc(count, `${first + i}|`));
  const accepted = writer.offerBatch(payloads, type);
  let count = 0;
  while (count < lengths.length && list.endOf(lengths[count]!) !== undefined) list.add(lengths[count++]!, type);
  expect(accepted).toBe(count);
}

test('a lane is a list of messages, whatever their sizes and wherever the lane is', () => {
  const { memory } = rawSegment({ checksum: true });
  const start = fc.oneof(
    fc.nat(CAPACITY / 32).map((records) => records * 32),
    fc.nat(CAPACITY / 32).map((records) => 2 ** 31 - records * 32),
    fc.nat(CAPACITY / 32).map((records) => 2 ** 32 - records * 32),
    fc.nat(CAPACITY / 32).map((records) => 2 ** 33 * 1000 - records * 32),
  );
  fc.assert(
    fc.property(start, fc.array(step, { minLength: 20, maxLength: 120 }), (position, steps) => {
      startLaneAt(memory, 0, position, position);
      const list = new ListedLane(position, position);
      const reader = laneReader(memory);
      let writer = new LaneWriter(memory, 0);
      const poll = (limit: number) => {
        const expected = list.unread.splice(0, limit);
        const polled = reader.poll((message) => {
          const { payload, type, sequence, end } = expected.shift()!;
          expect([message.type, message.sequence, message.length, message.lane]).toEqual([
            type,
            sequence,
            payload.length,
            0,
          ]);
          expect(message.payload.equals(payload)).toBe(true);
          list.consumed = end;
        }, limit);
        expect(expected.length).toBe(0);
        return polled;
      };
      for (const each of steps) {
        if (each.do === 'poll') poll(each.limit);
        else if (each.do === 'batch') writeBatch(writer, list, each.lengths);
        else if (each.do === 'successor') writer = new LaneWriter(memory, 0);
        else write(memory, writer, list, each);
        expect(writer.position).toBe(list.head);
        const reservedEnd = Math.imul(control(memory, 0, RESERVED_OFFSET), pieceLength(memory));
        expect((reservedEnd - list.head) | 0).toBeGreaterThanOrEqual(0);
      }
      while (poll(7) > 0);
      expect(list.unread).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('every size from 0 to the largest crosses the end of the lane', () => {
  const { memory } = rawSegment();
  const writer = new LaneWriter(memory, 0);
  const reader = laneReader(memory);
  const payload = Buffer.alloc(MAX_PAYLOAD);
  let laps = 0;
  for (let size = 0; size <= MAX_PAYLOAD; size++) {
    payload.writeInt32LE(size, MAX_PAYLOAD - 4);
    const before = writer.position;
    writer.offer(payload.subarray(MAX_PAYLOAD - size), 1);
    if (Math.floor(before / CAPACITY) !== Math.floor(writer.position / CAPACITY)) laps++;
    const polled = reader.poll((message) => {
      if (message.length !== size || (size >= 4 && message.payload.readInt32LE(size - 4) !== size)) {
        expect([message.length, message.payload.readInt32LE(size - 4)]).toEqual([size, size]);
      }
    }, 10);
    if (polled !== 1) expect(polled).toBe(1);
  }
  expect(laps).toBeGreaterThan(1000);
});
