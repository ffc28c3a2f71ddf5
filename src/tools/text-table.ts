/**
 * Rows under a header, columns aligned: numbers to the right, all else to the left. Where a terminal is too narrow for that, each row is
 * a block with a line for each column. Ends with a newline.
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = terminalWidth(),
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const tableWidth = widths.reduce((sum, each) => sum + each + 2, -2);
  if (tableWidth > width) return rows.map((row) => block(header, row)).join('\n');
  const isNumeric = header.map((_, column) =>
    rows.every((row) => /^(\d[\d.,]* ?[A-Za-zµ/×]*)?$/.test(row[column] ?? '')),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return `${[header, ...rows].map(line).join('\n')}\n`;
}

/** What is empty is left out. */
function block(header: readonly string[], row: readonly string[]): string {
  const width = Math.max(...header.map((title) => title.length));
  const lines = header.flatMap((title, column) => (row[column] ? [`${title.padEnd(width)}  ${row[column]}\n`] : []));
  return lines.join('');
}

/** Columns of the terminal that stdout is; elsewhere lines may be as long as they are. */
function terminalWidth(): number {
  return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;
}
