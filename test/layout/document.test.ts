import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as Counters from '../../src/layout/counters.js';
import { isFifoOf, memberFifoName, producerFifoName } from '../../src/layout/doorbell-fifo.js';
import * as GeometryLimits from '../../src/layout/geometry.js';
import { sectionsOf } from '../../src/layout/geometry.js';
import * as GroupTable from '../../src/layout/group-table.js';
import * as JournalFile from '../../src/layout/journal-file.js';
import * as JournalIndex from '../../src/layout/journal-index.js';
import * as JournalLocks from '../../src/layout/journal-locks.js';
import * as JournalSegmentTable from '../../src/layout/journal-segment-table.js';
import * as LaneControl from '../../src/layout/lane-control.js';
import * as Locks from '../../src/layout/locks.js';
import * as Slot from '../../src/layout/participant-slot.js';
import * as Positions from '../../src/layout/positions.js';
import * as Preamble from '../../src/layout/preamble.js';
import * as Record from '../../src/layout/record.js';
import { blockAfter, layoutDocument, tablesUnder } from '../support/layout-document.js';
import { drawingOf } from '../support/layout-source.js';

type Constants = readonly (readonly [string, number | string])[];

/** The constants that a module exports, without its functions. */
function constantsOf(module: object): Constants {
  return Object.entries(module).filter(([, value]) => typeof value !== 'function');
}

const isOffset = ([name]: readonly [string, unknown]) => name.endsWith('_OFFSET');
/** Where a region begins is no field of its structure. */
const isRegion = ([name]: readonly [string, unknown]) => ['JOURNAL_DATA_OFFSET'].includes(name);
const isField = (entry: readonly [string, unknown]) => isOffset(entry) && !isRegion(entry);
const isInEntry = ([name]: readonly [string, unknown]) => name.startsWith('HANDOVER_') && name !== 'HANDOVER_OFFSET';

const laneControlOffsets = constantsOf(LaneControl).filter(isOffset);

/** The tables of fields, in the document's order: what they are made from, and how long the structure is. */
const structures: readonly (readonly [string, Constants, number])[] = [
  ['the preamble', constantsOf(Preamble).filter(isOffset), Preamble.PREAMBLE_LENGTH],
  ['a lane control', laneControlOffsets.filter((entry) => !isInEntry(entry)), LaneControl.LANE_CONTROL_LENGTH],
  ['a handover entry', laneControlOffsets.filter(isInEntry), LaneControl.HANDOVER_ENTRY_LENGTH],
  ['a participant slot', constantsOf(Slot).filter(isOffset), Slot.PARTICIPANT_SLOT_LENGTH],
  ['an entry of the group table', constantsOf(GroupTable).filter(isOffset), GroupTable.GROUP_ENTRY_LENGTH],
  ['a position', constantsOf(Positions).filter(isOffset), Positions.POSITION_LENGTH],
  ['a record', constantsOf(Record).filter(isOffset), Record.RECORD_HEADER_LENGTH],
  ['the header of a journal file', constantsOf(JournalFile).filter(isField), JournalFile.JOURNAL_HEADER_LENGTH],
  [
    'a segment table',
    constantsOf(JournalSegmentTable).filter(isOffset),
    JournalSegmentTable.SEGMENT_TABLE_LANES_OFFSET + 8,
  ],
  ['an entry of an index', constantsOf(JournalIndex).filter(isOffset), JournalIndex.INDEX_LANE_TABLE_OFFSET + 8],
];

const fieldTables = tablesUnder('offset', 'type', 'name', 'access', 'meaning');

test('there is one table of fields for each structure', () => {
  expect(fieldTables.length).toBe(structures.length);
});

describe.each(structures.map(([title, constants, length], i) => ({ title, constants, length, i })))(
  'the table of $title',
  ({ constants, length, i }) => {
    const rows = fieldTables[i]!;

    test('has a row for each constant, in the order of the file, and no other', () => {
      const expected = constants.map(([name, offset]) => [offset, `\`${name.slice(0, -'_OFFSET'.length)}\``]);
      expect(rows.map(([offset, , name]) => [Number(offset), name])).toEqual(
        expected.sort(([a], [b]) => Number(a) - Number(b)),
      );
    });

    test('gives types that do not overlap', () => {
      rows.forEach(([offset, type], at) => {
        const bytes = / B$/.test(type!) ? Number.parseInt(type!, 10) : Number(type!.slice(1)) / 8;
        const end = Number(rows[at + 1]?.[0] ?? length);
        expect(Number(offset) + bytes, `${offset} ${type}`).toBeLessThanOrEqual(end);
      });
    });

    test('says of each field how it is accessed', () => {
      for (const [, , name, access] of rows) expect(['sealed', 'atomic', 'plain'], name).toContain(access);
    });
  },
);

test('every other constant has a row with its value', () => {
  const modules = [GeometryLimits, Preamble, LaneControl, Slot, Counters, GroupTable, Positions, Record];
  const constants = [
    ...[...modules, JournalFile, JournalSegmentTable, JournalIndex]
      .flatMap(constantsOf)
      .filter((entry) => !isField(entry)),
    ...constantsOf(JournalLocks),
  ];
  const rows = tablesUnder('constant', 'value', 'meaning').flat();
  const value = (cell: string) => (/^`(.*)`$/.exec(cell) ?? [])[1] ?? Number(cell);
  const found = rows.map(([name, cell]) => [name, value(cell!)]);
  expect(found.sort()).toEqual(constants.map(([name, constant]) => [`\`${name}\``, constant]).sort());
});

test('it says which version it describes', () => {
  expect(layoutDocument).toContain(`It describes layout ${Preamble.LAYOUT_MAJOR}.${Preamble.LAYOUT_MINOR},`);
});

test('the lock bytes are where locks.ts puts them', () => {
  const [rows] = tablesUnder('byte', 'offset', 'first one');
  const first = [Locks.CONTROL_LOCK_OFFSET, Locks.producerLockOffset(0), Locks.memberLockOffset(0, 0, 8)];
  expect(rows!.map(([, , offset]) => Number(offset))).toEqual(first);
  const formulas = rows!.map(([, formula]) => formula!.replace('2⁴⁰', String(2 ** 40)));
  const evaluate = (formula: string, lane: number, group: number, member: number, M: number) =>
    new Function('lane', 'group', 'member', 'M', `return ${formula.replaceAll('×', '*')}`)(lane, group, member, M);
  expect(formulas.map((formula) => evaluate(formula, 7, 3, 2, 5))).toEqual([
    Locks.CONTROL_LOCK_OFFSET,
    Locks.producerLockOffset(7),
    Locks.memberLockOffset(3, 2, 5),
  ]);
});

test('the FIFOs are called as doorbell-fifo.ts calls them', () => {
  const segmentId = Uint8Array.from({ length: Preamble.ID_LENGTH }, (_, i) => i * 16 + 10);
  const owner = { segmentId, inode: 4711n };
  const digits = '0a1a2a3a4a5a6a7a8a9aaabacadaeafa';
  const named = (name: string) =>
    name
      .replace('<id>', digits)
      .replace('<inode>', '4711')
      .replace('<lane>', '17')
      .replace('<group>', '3')
      .replace('<member>', '12');
  const [rows] = tablesUnder('FIFO of', 'name');
  expect(rows!.map(([, name]) => named(name!))).toEqual([
    `\`${producerFifoName(owner, 17)}\``,
    `\`${memberFifoName(owner, 3, 12)}\``,
  ]);
  for (const [, name] of rows!) expect(isFifoOf(owner.inode, named(name!).slice(1, -1))).toBe(true);
});

test('the sections are where geometry.ts puts them', () => {
  const [rows] = tablesUnder('section', 'bytes', 'starts at, for 8 lanes of 1 MiB, 8 groups, 8 members');
  const sections = sectionsOf({
    laneCount: 8,
    groupCount: 8,
    memberCount: 8,
    laneCapacity: 1024 ** 2,
    maxPayloadLength: 65_536,
  });
  expect(rows!.map(([name, , start]) => [name, Number(start)])).toEqual([
    ['preamble', 0],
    ['lane controls', sections.laneControlsOffset],
    ['producer slots', sections.producerSlotsOffset],
    ['member slots', sections.memberSlotsOffset],
    ['group table', sections.groupTableOffset],
    ['positions', sections.positionsOffset],
    ['lanes', sections.lanesOffset],
    ['end of the file', sections.fileLength],
  ]);
  const lengths = rows!.map(([, length]) => Number(length!.split(' × ').at(-1)));
  expect(lengths.slice(0, 6)).toEqual([
    Preamble.PREAMBLE_LENGTH,
    LaneControl.LANE_CONTROL_LENGTH,
    Slot.PARTICIPANT_SLOT_LENGTH,
    Slot.PARTICIPANT_SLOT_LENGTH,
    GroupTable.GROUP_ENTRY_LENGTH,
    Positions.POSITION_LENGTH,
  ]);
});

test('the record is drawn as in record.ts', () => {
  const trimmed = (lines: readonly string[]) => lines.map((line) => line.trim()).filter((line) => line !== '');
  expect(trimmed(blockAfter('## 7. Records').split('\n'))).toEqual(trimmed(drawingOf('record')));
});

test('every synchronisation that is named is one of the code', () => {
  const sources = new URL('../../../src/', import.meta.url);
  const files = fs.readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const code = files.map((file) => fs.readFileSync(new URL(file, sources), 'utf8')).join('\n');
  const labels = new Set([...code.matchAll(/SYNC: (.+)$/gm)].flatMap(([, list]) => list!.split(', ')));
  const named = [...layoutDocument.matchAll(/SYNC: ([a-z ]+)/g)].map(([, label]) => label!);
  expect(named.length).toBeGreaterThan(0);
  for (const label of named) expect([...labels]).toContain(label);
});
