import { describe, expect, test } from 'vitest';
import * as GroupTable from '../../src/layout/group-table.js';
import * as JournalFile from '../../src/layout/journal-file.js';
import * as JournalIndex from '../../src/layout/journal-index.js';
import * as JournalSegmentTable from '../../src/layout/journal-segment-table.js';
import * as LaneControl from '../../src/layout/lane-control.js';
import * as Slot from '../../src/layout/participant-slot.js';
import * as Positions from '../../src/layout/positions.js';
import * as Preamble from '../../src/layout/preamble.js';
import * as Record from '../../src/layout/record.js';
import { drawingOf, fieldsOf, widthOf } from '../support/layout-source.js';

const ZERO = /^zero/;

interface Structure {
  readonly module: string;
  readonly exports: Readonly<{ [name: string]: unknown }>;
  readonly length: number;
  /** What the drawing calls each field, and the constant for it. */
  readonly drawn: Readonly<Record<string, number>>;
  /** Offsets within something that is drawn as one field. */
  readonly within?: readonly string[];
}

const { HANDOVER_OFFSET, HANDOVER_ENTRY_LENGTH } = LaneControl;

const structures: readonly Structure[] = [
  {
    module: 'preamble',
    exports: Preamble,
    length: Preamble.PREAMBLE_LENGTH,
    drawn: {
      'magic "HERMESEG"': Preamble.SEGMENT_MAGIC_OFFSET,
      'layout major': Preamble.LAYOUT_MAJOR_OFFSET,
      'layout minor': Preamble.LAYOUT_MINOR_OFFSET,
      'file length': Preamble.FILE_LENGTH_OFFSET,
      lanes: Preamble.LANE_COUNT_OFFSET,
      groups: Preamble.GROUP_COUNT_OFFSET,
      'members per group': Preamble.MEMBER_COUNT_OFFSET,
      'lane capacity': Preamble.LANE_CAPACITY_OFFSET,
      'maximum payload': Preamble.MAX_PAYLOAD_LENGTH_OFFSET,
      flags: Preamble.FLAGS_OFFSET,
      'created at': Preamble.CREATED_AT_OFFSET,
      'clock offset': Preamble.CLOCK_OFFSET_OFFSET,
      'boot id': Preamble.BOOT_ID_OFFSET,
      'segment id': Preamble.SEGMENT_ID_OFFSET,
      'lane controls, offset': Preamble.LANE_CONTROLS_OFFSET_OFFSET,
      'producer slots, offset': Preamble.PRODUCER_SLOTS_OFFSET_OFFSET,
      'member slots, offset': Preamble.MEMBER_SLOTS_OFFSET_OFFSET,
      'group table, offset': Preamble.GROUP_TABLE_OFFSET_OFFSET,
      'positions, offset': Preamble.POSITIONS_OFFSET_OFFSET,
      'lanes, offset': Preamble.LANES_OFFSET_OFFSET,
      required: Preamble.REQUIRED_OFFSET,
      'checksum (CRC-32 of bytes 0–251)': Preamble.PREAMBLE_CHECKSUM_OFFSET,
      'ready word': Preamble.READY_OFFSET,
      roster: Preamble.ROSTER_OFFSET,
      'group epoch': Preamble.GROUP_EPOCH_OFFSET,
      'control holder (PID)': Preamble.CONTROL_HOLDER_OFFSET,
      'consumer bell': Preamble.CONSUMER_BELL_OFFSET,
      'producer bell': Preamble.PRODUCER_BELL_OFFSET,
      news: Preamble.NEWS_OFFSET,
    },
  },
  {
    module: 'lane-control',
    exports: LaneControl,
    length: LaneControl.LANE_CONTROL_LENGTH,
    drawn: {
      'head, low word': LaneControl.HEAD_LOW_OFFSET,
      'head, high word': LaneControl.HEAD_HIGH_OFFSET,
      'handover entry 0': HANDOVER_OFFSET,
      'handover entry 1': HANDOVER_OFFSET + HANDOVER_ENTRY_LENGTH,
      reserved: LaneControl.RESERVED_OFFSET,
      news: LaneControl.LANE_NEWS_OFFSET,
    },
    within: ['HANDOVER_POSITION_OFFSET', 'HANDOVER_SEQUENCE_LOW_OFFSET', 'HANDOVER_SEQUENCE_HIGH_OFFSET'],
  },
  {
    module: 'participant-slot',
    exports: Slot,
    length: Slot.PARTICIPANT_SLOT_LENGTH,
    drawn: {
      state: Slot.SLOT_STATE_OFFSET,
      PID: Slot.SLOT_PID_OFFSET,
      'attached at': Slot.SLOT_ATTACHED_AT_OFFSET,
      heartbeat: Slot.SLOT_HEARTBEAT_OFFSET,
      'attach count': Slot.SLOT_ATTACH_COUNT_OFFSET,
      'thread id': Slot.SLOT_THREAD_ID_OFFSET,
      CPU: Slot.SLOT_CPU_OFFSET,
      sleep: Slot.SLOT_SLEEP_OFFSET,
      'in-flight lane': Slot.IN_FLIGHT_LANE_OFFSET,
      'in-flight to': Slot.IN_FLIGHT_TO_OFFSET,
      'in-flight from': Slot.IN_FLIGHT_FROM_OFFSET,
      counters: Slot.SLOT_COUNTERS_OFFSET,
    },
  },
  {
    module: 'group-table',
    exports: GroupTable,
    length: GroupTable.GROUP_ENTRY_LENGTH,
    drawn: {
      state: GroupTable.GROUP_STATE_OFFSET,
      'created at': GroupTable.GROUP_CREATED_AT_OFFSET,
      'name length': GroupTable.GROUP_NAME_LENGTH_OFFSET,
      name: GroupTable.GROUP_NAME_OFFSET,
      attention: GroupTable.GROUP_ATTENTION_OFFSET,
    },
  },
  {
    module: 'journal-file',
    exports: JournalFile,
    length: JournalFile.JOURNAL_HEADER_LENGTH,
    drawn: {
      'magic "HERMESJL"': JournalFile.JOURNAL_MAGIC_OFFSET,
      'layout major': JournalFile.JOURNAL_MAJOR_OFFSET,
      'layout minor': JournalFile.JOURNAL_MINOR_OFFSET,
      capacity: JournalFile.JOURNAL_CAPACITY_OFFSET,
      'first position': JournalFile.JOURNAL_FIRST_POSITION_OFFSET,
      'created at': JournalFile.JOURNAL_CREATED_AT_OFFSET,
      'segment id': JournalFile.JOURNAL_SEGMENT_ID_OFFSET,
      'journal id': JournalFile.JOURNAL_ID_OFFSET,
      lanes: JournalFile.JOURNAL_LANE_COUNT_OFFSET,
      checksum: JournalFile.JOURNAL_CHECKSUM_OFFSET,
    },
    within: ['JOURNAL_DATA_OFFSET'],
  },
  {
    module: 'journal-segment-table',
    exports: JournalSegmentTable,
    length: JournalSegmentTable.SEGMENT_TABLE_LANES_OFFSET + 8,
    drawn: {
      'segment id': JournalSegmentTable.SEGMENT_TABLE_ID_OFFSET,
      'lane table': JournalSegmentTable.SEGMENT_TABLE_LANES_OFFSET,
    },
  },
  {
    module: 'journal-index',
    exports: JournalIndex,
    length: JournalIndex.INDEX_LANE_TABLE_OFFSET + 8,
    drawn: {
      position: JournalIndex.INDEX_POSITION_OFFSET,
      'boot id': JournalIndex.INDEX_BOOT_ID_OFFSET,
      'journal id': JournalIndex.INDEX_JOURNAL_ID_OFFSET,
      'lane table': JournalIndex.INDEX_LANE_TABLE_OFFSET,
    },
  },
  {
    module: 'positions',
    exports: Positions,
    length: Positions.POSITION_LENGTH,
    drawn: {
      position: Positions.POSITION_LOW_OFFSET,
    },
  },
];

describe.each(structures)('the drawing of $module', ({ module, exports, length, drawn, within = [] }) => {
  const fields = fieldsOf(module).sort((a, b) => a.offset - b.offset);

  test('shows every field where its constant says', () => {
    const shown = fields.filter(({ label }) => !ZERO.test(label)).map(({ offset, label }) => [label, offset]);
    expect(Object.fromEntries(shown)).toEqual(drawn);
  });

  test('leaves no offset out', () => {
    const offsets = Object.entries(exports).filter(
      ([name, value]) => name.endsWith('_OFFSET') && typeof value === 'number' && !within.includes(name),
    );
    expect(offsets.length).toBeGreaterThan(0);
    for (const [name, value] of offsets) expect(Object.values(drawn), name).toContain(value);
  });

  test('has fields that are aligned and do not overlap, and fit the structure', () => {
    const ends = [...fields.slice(1).map(({ offset }) => offset), length];
    fields.forEach(({ offset, label, type }, i) => {
      const width = label.startsWith('handover entry') ? HANDOVER_ENTRY_LENGTH : widthOf(type);
      expect(offset % Math.min(width, 8), label).toBe(0);
      expect(offset + width, label).toBeLessThanOrEqual(ends[i]!);
    });
  });
});

test('the handover entries are chained, within their length', () => {
  expect(LaneControl.HANDOVER_POSITION_OFFSET).toBe(0);
  expect(LaneControl.HANDOVER_SEQUENCE_LOW_OFFSET).toBe(LaneControl.HANDOVER_POSITION_OFFSET + 4);
  expect(LaneControl.HANDOVER_SEQUENCE_HIGH_OFFSET).toBe(LaneControl.HANDOVER_SEQUENCE_LOW_OFFSET + 4);
  expect(LaneControl.HANDOVER_SEQUENCE_HIGH_OFFSET + 4).toBeLessThanOrEqual(HANDOVER_ENTRY_LENGTH);
});

test('the drawing of record.ts is to scale in numbers: offsets, names and widths', () => {
  const [ruler, top, names, widths] = drawingOf('record') as [string, string, string, string];
  const numbers = [...ruler.matchAll(/\d+/g)];
  const borders = [...top.matchAll(/[┌┬┐]/g)].map(({ index }) => index);
  expect(numbers.map(({ index }) => index)).toEqual(borders.slice(0, -1));
  const cells = (line: string) => [...line.matchAll(/(?<=│)[^│]+/g)].map(([cell]) => cell.trim());
  const { RECORD_HEADER_LENGTH } = Record;
  const constants: readonly (readonly [string, number])[] = [
    ['MAGIC', Record.RECORD_MAGIC_OFFSET],
    ['VER', Record.RECORD_VERSION_OFFSET],
    ['TYPE', Record.RECORD_TYPE_OFFSET],
    ['FLAGS', Record.RECORD_FLAGS_OFFSET],
    ['SEQUENCE', Record.RECORD_SEQUENCE_OFFSET],
    ['TIMESTAMP', Record.RECORD_TIMESTAMP_OFFSET],
    ['LEN', Record.RECORD_LENGTH_OFFSET],
    ['CRC', Record.RECORD_CRC_OFFSET],
    ['PAYLOAD', RECORD_HEADER_LENGTH],
  ];
  expect(cells(names).map((name, i) => [name, Number(numbers[i]![0])])).toEqual(constants);
  const ends = [...constants.slice(1).map(([, offset]) => offset), Number.NaN];
  const expectedWidths = constants.map(([, offset], i) => `${ends[i]! - offset} B`).with(-1, 'LEN B');
  expect(cells(widths)).toEqual(expectedWidths);
});
