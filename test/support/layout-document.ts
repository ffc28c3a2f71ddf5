import fs from 'node:fs';

/** The text of `docs/layout.md`. */
export const layoutDocument: string = fs.readFileSync(new URL('../../../docs/layout.md', import.meta.url), 'utf8');

/** The rows of every table of the document whose header is `| a | b |`, one list of rows of cells for each table. */
export function tablesUnder(...header: readonly string[]): string[][][] {
  const lines = layoutDocument.split('\n');
  const tables: string[][][] = [];
  lines.forEach((line, at) => {
    if (line !== `| ${header.join(' | ')} |`) return;
    const rest = lines.slice(at + 2);
    const end = rest.findIndex((row) => !row.startsWith('|'));
    tables.push(
      rest.slice(0, end).map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
    );
  });
  return tables;
}

/** The fenced block that follows `marker`, without its fences. */
export function blockAfter(marker: string): string {
  const [, block] = /```\w*\n(.*?)```/s.exec(layoutDocument.slice(layoutDocument.indexOf(marker))) ?? [];
  if (!layoutDocument.includes(marker) || block === undefined) throw new Error(`no block after ${marker}`);
  return block;
}
