import fs from 'node:fs';

/** A field that is drawn in a comment: where it starts, what it is called, and its type if one is drawn. */
export interface DrawnField {
  readonly offset: number;
  readonly label: string;
  readonly type: string | undefined;
}

const TYPE = /^(?:(\d+) × )?(u32|u64|i64|(\d+) B)(?= |$)/;
const WIDTHS: Readonly<Record<string, number>> = { u32: 4, u64: 8, i64: 8 };

/** The drawing in the first doc comment of a module of `src/layout`, line by line. */
export function drawingOf(module: string): string[] {
  const source = fs.readFileSync(new URL(`../../../src/layout/${module}.ts`, import.meta.url), 'utf8');
  const [, drawing] = /^ \* ```\n(.*?)^ \* ```/ms.exec(source) ?? [];
  if (drawing === undefined) throw new Error(`${module}.ts has no drawing`);
  return drawing.split('\n').map((line) => line.slice(3));
}

/** The fields of a drawing that lists them as `offset label  type  remark`, in one or several columns. */
export function fieldsOf(module: string): DrawnField[] {
  const fields: { offset: number; label: string; type: string | undefined }[] = [];
  for (const line of drawingOf(module)) {
    let least = 0; // offsets grow from column to column; a lower number begins a remark
    for (const cell of line.trim().split(/ {2,}/)) {
      const type = TYPE.exec(cell)?.[0];
      const [, number, label] = /^(\d+) (.+)$/.exec(cell) ?? [];
      const offset = Number(number);
      if (type !== undefined) fields.at(-1)!.type = type;
      if (type !== undefined || !(offset >= least)) continue;
      fields.push({ offset, label: label!, type: undefined });
      least = offset + 1;
    }
  }
  return fields;
}

/** Bytes of a drawn type; a field without one is a word. */
export function widthOf(type: string | undefined): number {
  if (type === undefined) return 4;
  const [, count = '1', unit, bytes] = TYPE.exec(type)!;
  return Number(count) * (bytes === undefined ? WIDTHS[unit!]! : Number(bytes));
}
