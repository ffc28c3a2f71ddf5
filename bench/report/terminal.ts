import os from 'node:os';
import { heading } from '../../src/tools/output.js';
import { textTable } from '../../src/tools/text-table.js';
import type { Absence } from '../harness/contestant.js';
import { BUSY_LOAD, type Environment } from '../harness/environment.js';
import { goalsTable } from './goals.js';
import type { Section, Table } from './section.js';

export function printHeading(environment: Environment, absences: readonly Absence[]): void {
  for (const [fact, value] of Object.entries(environment.facts)) process.stdout.write(`${fact}: ${value}\n`);
  if (os.loadavg()[0]! > BUSY_LOAD)
    process.stdout.write('THE MACHINE IS BUSY WITH OTHER WORK: what follows is worth little\n');
  for (const { name, reason } of absences) process.stdout.write(`not here: ${name}: ${reason}\n`);
}

export function printSection({ title, tables }: Section): void {
  process.stdout.write(`\n${heading(title)}\n`);
  for (const table of tables) process.stdout.write(`\n${plainTable(table)}`);
}

/** The goals that were measured. */
export function printSummary(sections: readonly Section[]): void {
  const { header, rows } = goalsTable(sections.flatMap(({ findings }) => findings));
  const measured = rows.filter((row) => row.at(-1) !== 'not measured');
  if (measured.length > 0) process.stdout.write(`\n${heading('Goals')}\n\n${plainTable({ header, rows: measured })}`);
}

function plainTable({ caption, header, rows }: Table): string {
  const plain = (cells: readonly string[]) => cells.map((cell) => cell.replaceAll('`', ''));
  const titles = plain(header).map((title) => title.toUpperCase());
  return (caption === undefined ? '' : `${caption}\n`) + textTable(titles, rows.map(plain));
}
