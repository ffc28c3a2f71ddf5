import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HermesError } from '../../src/errors.js';
import { HEAD_LOW_OFFSET } from '../../src/layout/lane-control.js';
import { laneControlIndex, positionIndex } from '../../src/ring/indices.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { control, laneReader, lossyReader, offsetOf, setControl, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';
import { thrownBy } from '../support/thrown.js';

const CAPACITY = 65_536;
const MAX_PAYLOAD = 4000;

/** Words that are likely to get past a check, and any others. */
const word = fc.oneof(
  fc.constantFrom(0, 1, -1, 32, 0x534d5248, 0x0101, 0x0001, 0x7fff_ffff, -0x8000_0000, MAX_PAYLOAD, CAPACITY),
  fc.nat(MAX_PAYLOAD),
  fc.integer(),
);

/** Runs an action on memory that anybody may have written to: it ends, well or with the code for damage. */
function survives(action: () => void): void {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(HermesError);
    expect((error as HermesError).code).toBe('ERR_HERMES_CORRUPT_SEGMENT');
  }
}

test.each([true, false])(
  'readers and writers of a lane full of noise end, with messages or a code (checksums: %s)',
  (checksum) => {
    const { memory } = rawSegment({ maxPayload: MAX_PAYLOAD, checksum });
    const { words } = memory;
    const controlIndex = laneControlIndex(memory, 0);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(499), fc.nat(7), word), { minLength: 1, maxLength: 30 }),
        fc.array(fc.tuple(fc.constantFrom(0, 1, 32, 33, 34, 36, 37, 38, 64), word), { maxLength: 2 }),
        fc.array(word, { maxLength: 1 }),
        (inLane, inControl, inPosition) => {
          startLaneAt(memory, 0, 2 ** 31 - 4992, 0);
          const opened = [laneReader(memory), lossyReader(memory, 0, 0)];
          const writer = new LaneWriter(memory, 0);
          for (let i = 0; i < 20; i++) writer.offer(Buffer.alloc(i * 20, i), 1);
          for (const [record, field, value] of inLane) {
            words[(offsetOf(memory, 0, 2 ** 31 - 4992 + record * 32) >>> 2) + field] = value;
          }
          for (const [index, value] of inControl) words[controlIndex + index] = index === 1 ? value & 0x1f_ffff : value;
          for (const value of inPosition) words[positionIndex(memory, 0, 0)] = value;
          const check = (message: { length: number; offset: number; payload: Buffer }) => {
            expect(message.length).toBeLessThanOrEqual(MAX_PAYLOAD);
            expect(message.payload.length).toBe(message.length);
          };
          for (const reader of opened) survives(() => reader.poll(check, 1000));
          survives(() => laneReader(memory).poll(check, 1000));
          survives(() => lossyReader(memory, 0, 0).poll(check, 1000));
          survives(() => {
            const successor = new LaneWriter(memory, 0);
            for (let i = 0; i < 50; i++) successor.offer(Buffer.alloc(MAX_PAYLOAD), 1);
          });
        },
      ),
      { numRuns: 600 },
    );
  },
);

test('a head that is not a multiple of 32, or has no handover entry, is refused by a new writer', () => {
  const { memory } = rawSegment();
  for (const head of [1, 16, 31, 33, -1, 64]) {
    startLaneAt(memory, 0, 0, 0);
    setControl(memory, 0, HEAD_LOW_OFFSET, head);
    expect(thrownBy(() => new LaneWriter(memory, 0)).code, `${head}`).toBe('ERR_HERMES_CORRUPT_SEGMENT');
  }
});

test('a head with two handover entries is refused by a new writer', () => {
  const { memory } = rawSegment();
  setControl(memory, 0, 144, 0);
  expect(thrownBy(() => new LaneWriter(memory, 0)).message).toContain('Lane 0: not exactly one handover entry');
});

test.each([10, 100, 2 ** 32 - 1])(
  'a reserved count of %d for a lane at its start is refused by a new writer',
  (count) => {
    const { memory } = rawSegment();
    setControl(memory, 0, 256, count);
    expect(thrownBy(() => new LaneWriter(memory, 0)).message).toContain('reserved');
    expect(control(memory, 0, 256)).toBe(count);
  },
);

test.each([1, 33, 64, 2 ** 31])(
  'a group’s position of %d, ahead of the head, is refused by its reader and by the gate',
  (position) => {
    const { memory } = rawSegment();
    const writer = new LaneWriter(memory, 0);
    memory.words[positionIndex(memory, 0, 0)] = position;
    expect(thrownBy(() => writer.offer(Buffer.alloc(1), 1)).code).toBe('ERR_HERMES_CORRUPT_SEGMENT');
    const error = thrownBy(() => laneReader(memory).poll(() => {}, 10));
    expect(error.code).toBe('ERR_HERMES_CORRUPT_SEGMENT');
    expect(error.message).toContain('Lane 0');
  },
);
