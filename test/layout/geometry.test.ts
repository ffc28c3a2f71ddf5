import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Geometry,
  geometryFault,
  largestPayloadLength,
  MAX_FILE_LENGTH,
  MAX_GROUPS,
  MAX_LANE_CAPACITY,
  MAX_LANES,
  MAX_MEMBERS,
  MIN_LANE_CAPACITY,
  sectionsOf,
} from '../../src/layout/geometry.js';
import { GROUP_ENTRY_LENGTH } from '../../src/layout/group-table.js';
import { LANE_CONTROL_LENGTH } from '../../src/layout/lane-control.js';
import { PARTICIPANT_SLOT_LENGTH } from '../../src/layout/participant-slot.js';
import { POSITION_LENGTH } from '../../src/layout/positions.js';
import { PREAMBLE_LENGTH } from '../../src/layout/preamble.js';
import { recordLength } from '../../src/layout/record.js';

const PAGE = 4096;

const geometry: fc.Arbitrary<Geometry> = fc.record({
  laneCount: fc.integer({ min: 1, max: MAX_LANES }),
  groupCount: fc.integer({ min: 1, max: MAX_GROUPS }),
  memberCount: fc.integer({ min: 1, max: MAX_MEMBERS }),
  laneCapacity: fc.integer({ min: 16, max: 30 }).map((exponent) => 2 ** exponent),
  maxPayloadLength: fc.integer({ min: 0, max: MIN_LANE_CAPACITY / 4 }),
});

test('sections start on pages, in order, each long enough for what it holds', () => {
  fc.assert(
    fc.property(geometry, (shape) => {
      const { laneCount, groupCount, memberCount, laneCapacity } = shape;
      const sections = sectionsOf(shape);
      const order = [
        [0, PREAMBLE_LENGTH],
        [sections.laneControlsOffset, laneCount * LANE_CONTROL_LENGTH],
        [sections.producerSlotsOffset, laneCount * PARTICIPANT_SLOT_LENGTH],
        [sections.memberSlotsOffset, groupCount * memberCount * PARTICIPANT_SLOT_LENGTH],
        [sections.groupTableOffset, groupCount * GROUP_ENTRY_LENGTH],
        [sections.positionsOffset, groupCount * laneCount * POSITION_LENGTH],
        [sections.lanesOffset, laneCount * laneCapacity],
      ] as const;
      order.forEach(([start, length], i) => {
        const next = order[i + 1]?.[0] ?? sections.fileLength;
        expect(start % PAGE).toBe(0);
        expect(start + length).toBeLessThanOrEqual(next);
        expect(next - (start + length)).toBeLessThan(PAGE);
      });
      expect(sections.fileLength).toBe(sections.lanesOffset + laneCount * laneCapacity);
    }),
  );
});

test('a geometry within its limits is accepted exactly when its file can be mapped as one', () => {
  fc.assert(
    fc.property(geometry, (shape) => {
      const fits = sectionsOf(shape).fileLength <= MAX_FILE_LENGTH;
      if (fits) expect(geometryFault(shape)).toBeUndefined();
      else expect(geometryFault(shape)).toContain(`more than ${MAX_FILE_LENGTH}`);
    }),
  );
});

const valid: Geometry = { laneCount: 1, groupCount: 1, memberCount: 1, laneCapacity: 65_536, maxPayloadLength: 100 };

describe.each<[keyof Geometry, string, number[], number[]]>([
  ['laneCount', 'producers', [1, MAX_LANES], [0, MAX_LANES + 1, 1.5, -1, Number.NaN, Infinity]],
  ['groupCount', 'maxGroups', [1, MAX_GROUPS], [0, MAX_GROUPS + 1, 1.5, -1, Number.NaN]],
  ['memberCount', 'members', [1, MAX_MEMBERS], [0, MAX_MEMBERS + 1, 1.5, -1, Number.NaN]],
  [
    'laneCapacity',
    'capacity',
    [MIN_LANE_CAPACITY, MAX_LANE_CAPACITY],
    [0, MIN_LANE_CAPACITY / 2, 65_537, 100_000, MAX_LANE_CAPACITY * 2, -65_536, Number.NaN, Infinity],
  ],
  ['maxPayloadLength', 'maxPayload', [0, 16_384], [-1, 16_385, 0.5, Number.NaN]],
])('%s', (field, option, accepted, refused) => {
  test.each(accepted)('%d is accepted', (value) => {
    expect(geometryFault({ ...valid, [field]: value })).toBeUndefined();
  });

  test.each(refused)('%d is refused, with the option and the value', (value) => {
    expect(geometryFault({ ...valid, [field]: value })).toContain(`${option} is ${value}: give`);
  });
});

test('two of the largest records, or one and the padding before it, fit a lane together', () => {
  for (let capacity = MIN_LANE_CAPACITY; capacity <= MAX_LANE_CAPACITY; capacity *= 2) {
    const largest = recordLength(largestPayloadLength(capacity));
    expect(2 * largest).toBeLessThanOrEqual(capacity);
  }
});

test('a record takes its header and its payload, rounded up to 32 bytes', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 28), (payloadLength) => {
      const length = recordLength(payloadLength);
      expect(length % 32).toBe(0);
      expect(length - 32 - payloadLength).toBeGreaterThanOrEqual(0);
      expect(length - 32 - payloadLength).toBeLessThan(32);
    }),
  );
  expect([0, 1, 31, 32, 33].map(recordLength)).toEqual([32, 64, 64, 64, 96]);
});
