import { availableParallelism, loadavg } from 'node:os';
import { parseArgs, styleText } from 'node:util';
import { heading, json, say } from '../src/tools/output.js';
import { textTable } from '../src/tools/text-table.js';
import type { Absence } from './contestants/contestant.js';
import { findField } from './contestants/field.js';
import { PARTS } from './parts/all-parts.js';
import { BUSY_LOAD, describeEnvironment, type Environment } from './report/environment.js';
import { goalsTable } from './report/goals.js';
import type { Kept, MeasuredSection, Section, Table } from './report/section.js';
import { checkTarget, keptResults, writeReport } from './report/write-report.js';
import { type Bench, FULL, makeScratch, type Profile, SHORT } from './runner/bench.js';

// What `npm run bench` runs: measures, prints, and writes docs/benchmarks.md.

const USAGE = `npm run bench -- [options]
  --full            more rounds, more points, longer measurements
  --only <pattern>  only the tables and curves whose name has this in it; the others of --out stay
  --rounds <n>      turns of every contestant
  --out <dir>       where benchmarks.md and its charts go (default: docs, when everything is measured)
  --redraw          measure nothing: write them anew from the results of --out
`;

const NAMES = PARTS.map(({ name }) => name);

// Reading these certificates costs every start of a Node that is given them some 50 ms, and no measuring process speaks TLS.
delete process.env.NODE_EXTRA_CA_CERTS;
process.exitCode = await main();

async function main(): Promise<number> {
  let commandLine: CommandLine;
  try {
    commandLine = parseCommandLine(process.argv.slice(2));
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  if (availableParallelism() < 2 && !commandLine.redraw) {
    say('The bench needs two cores: two processes that spin on one take turns, not messages.');
    return 1;
  }
  try {
    if (commandLine.redraw) redraw(commandLine.out ?? 'docs');
    else await measure(commandLine, controller.signal);
    return 0;
  } catch (error) {
    say(controller.signal.aborted ? 'interrupted' : ((error as Error).stack ?? `${error}`));
    return 1;
  }
}

interface CommandLine {
  readonly profile: Profile;
  /** Parts whose name has this in it; empty: all. */
  readonly only: string;
  /** Where the document goes, or undefined: into docs when all was measured, and nowhere otherwise. */
  readonly out: string | undefined;
  /** Measure nothing: write the document anew from the results that are kept there. */
  readonly redraw: boolean;
}

/** @throws Error that says what is wrong with the arguments */
function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      out: { type: 'string' },
      redraw: { type: 'boolean', default: false },
    },
  });
  const chosen = values.full ? FULL : SHORT;
  const rounds = values.rounds === undefined ? chosen.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`rounds is ${values.rounds}: give a whole number from 1`);
  return {
    profile: { ...chosen, rounds, curveRounds: values.rounds === undefined ? chosen.curveRounds : rounds },
    only: values.only,
    out: values.out,
    redraw: values.redraw,
  };
}

async function measure({ profile, only, out }: CommandLine, interrupted: AbortSignal): Promise<void> {
  const parts = PARTS.filter(({ name }) => name.includes(only));
  if (parts.length === 0)
    throw new Error(`nothing is named ${only}: there are ${PARTS.map(({ name }) => name).join(', ')}`);
  const target = out ?? (only === '' ? 'docs' : undefined);
  if (target !== undefined) checkTarget(target);
  using scratch = makeScratch();
  const progress = (text: string) => say(process.stderr.isTTY ? styleText('dim', text) : text);
  const bench: Bench = { profile, scratch, interrupted, progress };
  await using field = findField(bench);
  const environment = await describeEnvironment(field);
  printHeading(environment, field.absences);
  const kept: Kept[] = [];
  const sections: MeasuredSection[] = [];
  for (const part of parts) {
    const startedAt = new Date().toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length);
    const load = loadavg()[0]!;
    const data: unknown = JSON.parse(json(await part.measure(bench, field)));
    kept.push({ name: part.name, occasion: { startedAt, load }, data });
    const section = present(kept.at(-1)!);
    printSection(section);
    sections.push(section);
  }
  printSummary(sections);
  const run = {
    date: new Date().toISOString().slice(0, 10),
    profile,
    environment,
    participants: field.batching.map(({ name, how, batching }) => ({ name, how, batching })),
    absences: field.absences,
    parts: kept,
  };
  if (target !== undefined) say(`\nWritten: ${writeReport(run, NAMES, target, present)}`);
}

/** Writes the document and its charts anew, from what an earlier run left. */
function redraw(directory: string): void {
  const results = keptResults(directory);
  if (results === undefined) throw new Error(`there are no results in ${directory}: measure first`);
  say(`Written: ${writeReport(results, NAMES, directory, present)}`);
}

function present({ name, occasion, data }: Kept): MeasuredSection {
  return { ...PARTS.find((part) => part.name === name)!.present(data), occasion };
}

function printHeading(environment: Environment, absences: readonly Absence[]): void {
  for (const [fact, value] of Object.entries(environment.facts)) process.stdout.write(`${fact}: ${value}\n`);
  if (loadavg()[0]! > BUSY_LOAD)
    process.stdout.write('THE MACHINE IS BUSY WITH OTHER WORK: what follows is worth little\n');
  for (const { name, reason } of absences) process.stdout.write(`not here: ${name}: ${reason}\n`);
}

function printSection({ title, tables }: Section): void {
  process.stdout.write(`\n${heading(title)}\n`);
  for (const table of tables) process.stdout.write(`\n${plainTable(table)}`);
}

/** The goals that were measured. */
function printSummary(sections: readonly Section[]): void {
  const { header, rows } = goalsTable(sections.flatMap(({ findings }) => findings));
  const measured = rows.filter((row) => row.at(-1) !== 'not measured');
  if (measured.length > 0) process.stdout.write(`\n${heading('Goals')}\n\n${plainTable({ header, rows: measured })}`);
}

function plainTable({ caption, header, rows }: Table): string {
  const plain = (cells: readonly string[]) => cells.map((cell) => cell.replaceAll('`', ''));
  const titles = plain(header).map((title) => title.toUpperCase());
  return (caption === undefined ? '' : `${caption}\n`) + textTable(titles, rows.map(plain));
}
