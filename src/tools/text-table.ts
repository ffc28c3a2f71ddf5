import { terminalWidth } from './output.js';
import { wrapped, wrappedParts } from './text-wrap.js';

/** A row, and what is said below it, a line each. */
interface DetailedRow {
  readonly cells: readonly string[];
  readonly details: readonly string[];
}

/**
 * Rows under a header, with aligned columns: numbers to the right, all else to the left. If the table is wider than the terminal, every
 * row becomes a paragraph. Ends with a newline.
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = terminalWidth(),
): string {
  return detailedTable(
    header,
    rows.map((cells) => ({ cells, details: [] })),
    width,
  );
}

/** The same with details below the rows, for a given width. No line is broken within a word. */
export function detailedTable(header: readonly string[], rows: readonly DetailedRow[], width: number): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => (cells[column] ?? '').length)),
  );
  const isNumeric = header.map((_, column) =>
    rows.every(({ cells }) => /^(\d[\d.,]* ?[A-Za-zµ/×]*)?$/.test(cells[column] ?? '')),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  const tableWidth = widths.reduce((sum, one) => sum + one + 2, -2);
  const isNarrow = tableWidth > width;
  const rowText = ({ cells, details }: DetailedRow) => [
    isNarrow ? paragraph(header, cells, width) : line(cells),
    ...details.map((detail) => wrapped(detail, width, '    ', '      ')),
  ];
  return `${[...(isNarrow ? [] : [line(header)]), ...rows.flatMap(rowText)].join('\n')}\n`;
}

/** A row as a paragraph: `GROUP default`, and below it the other cells that hold something, each behind its title. */
function paragraph(header: readonly string[], cells: readonly string[], width: number): string {
  const parts = header.map((title, column) => (cells[column] ? `${title} ${cells[column]}` : ''));
  const [first = '', ...others] = parts.filter((part) => part !== '');
  return [first, wrappedParts(others, width, '  ')].join('\n').trimEnd();
}
