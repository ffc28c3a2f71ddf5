import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveCreateOptions } from '../../src/control/create-options.js';
import { sectionsOf } from '../../src/layout/geometry.js';
import { parseByteSize } from '../../src/tools/byte-size.js';
import { readCoordinatorConfig } from '../../src/tools/coordinator-config.js';
import { scratchDirectory } from '../support/scratch.js';

const root = new URL('../../../', import.meta.url);
const document = fs.readFileSync(new URL('docs/operations.md', root), 'utf8');
const errorsSource = fs.readFileSync(new URL('src/errors.ts', root), 'utf8');

/** The cells of the rows of the table that begins with this header. */
function rowsUnder(header: string): string[][] {
  const after = document.split(`${header}\n`)[1];
  if (after === undefined) throw new Error(`no table ${header}`);
  const lines = after.split('\n').slice(1);
  return lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) => line.split(' | '));
}

const example = /```json\n(.*?)```/s.exec(document)![1]!;

test('every code of an error is in the table, once, with its cause and what to do', () => {
  const codes = [...errorsSource.matchAll(/^ {2}\| '(ERR_HERMES_\w+)'/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(15);
  const rows = rowsUnder('| code | cause | what to do |');
  expect(rows.map(([code]) => code!.replaceAll(/[|` ]/g, ''))).toEqual(codes);
  for (const [code, cause, remedy, ...rest] of rows) {
    expect([cause!.length > 10, remedy!.length > 10, rest], code).toEqual([true, true, []]);
  }
});

describe('the example of hermes.json', () => {
  test('is accepted by the coordinator, and what it declares can be created', () => {
    const file = path.join(scratchDirectory(), 'hermes.json');
    fs.writeFileSync(file, example);
    const { directory, segments } = readCoordinatorConfig(file);
    expect(directory).toBe('/dev/shm/hermes');
    for (const declaration of Object.values(segments)) resolveCreateOptions(declaration);
    expect(Object.keys(segments)).toEqual(['jobs', 'prices']);
  });

  test('has every setting that there is', () => {
    const file = path.join(scratchDirectory(), 'hermes.json');
    fs.writeFileSync(file, JSON.stringify({ segments: { ticks: { colour: 1 } } }));
    let settings: string[] = [];
    try {
      readCoordinatorConfig(file);
    } catch (error) {
      settings = (error as Error).message.split('give ')[1]!.split(', ');
    }
    expect(settings.length).toBeGreaterThan(5);
    // `groups` and `shared` go without each other.
    const { jobs, prices } = (JSON.parse(example) as { segments: Record<string, object> }).segments;
    expect(Object.keys({ ...jobs, ...prices }).sort()).toEqual(settings.sort());
  });
});

test('the sizes of the examples are those of the segments', () => {
  const rows = rowsUnder('| producers | maxGroups | members | capacity | bytes |');
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) {
    const [producers, groups, members, capacity, bytes] = row.map((cell) => cell.replaceAll(/[|,]/g, '').trim());
    const shape = { producers: Number(producers), maxGroups: Number(groups), members: Number(members) };
    const { geometry } = resolveCreateOptions({ ...shape, capacity: parseByteSize(capacity!, 'capacity') });
    expect(Number(bytes), row.join(' ')).toBe(sectionsOf(geometry).fileLength);
  }
});
