import {
  type Absence,
  HERMES,
  MESSAGE_PORT,
  NATIVE,
  NATS,
  REDIS,
  UNIX_SOCKET,
  ZEROMQ,
} from '../contestants/contestant.js';
import type { Profile } from '../runner/bench.js';
import { BUSY_LOAD, type Environment } from './environment.js';
import { goalsTable } from './goals.js';
import type { MeasuredSection, Section, Table } from './section.js';

/** When, where and with whom it was measured. */
export interface Circumstances {
  /** ISO 8601, of the day. */
  readonly date: string;
  readonly profile: Pick<Profile, 'name' | 'rounds' | 'curveRounds'>;
  readonly environment: Environment;
  readonly participants: readonly { readonly name: string; readonly how: string; readonly batching: string }[];
  readonly absences: readonly Absence[];
}

export interface Report extends Circumstances {
  readonly sections: readonly MeasuredSection[];
}

const COMMANDS = `\`\`\`sh
npm run bench                      # short: three minutes on two cores, once the peers’ packages are installed
npm run bench -- --full            # more rounds, more points, longer measurements
npm run bench -- --only ping-pong  # one part; with --out docs it replaces that part of this page
npm run bench -- --rounds 21 --out /tmp/bench
npm run bench -- --redraw          # measures nothing: writes this page and its charts anew from benchmarks/results.json
\`\`\``;

/** The document as a whole: what was found, how, and what it does not show. `assets` is where the charts are, relative to it. */
export function markdownReport(report: Report, assets: string): string {
  const { sections, absences, participants, profile } = report;
  return `${[
    '# Benchmarks',
    '## Results',
    ...resultsBlocks(sections),
    ...(sections.some(({ occasion }) => occasion.load > BUSY_LOAD) ? [BUSY] : []),
    '## Run it yourself',
    `This page was written by \`npm run bench\` on ${report.date} (${profile.name} profile, ${profile.rounds} rounds). On your machine the same command writes it anew.`,
    COMMANDS,
    '## Goals',
    GOALS_TEXT,
    markdownTable(goalsTable(sections.flatMap(({ findings }) => findings))),
    ...sections.flatMap((section) => sectionBlocks(section, assets)),
    '## How it was measured',
    method(profile),
    '## The machine',
    markdownTable({ header: ['what', 'which'], rows: environmentRows(report.environment) }),
    '## Who took part',
    markdownTable({
      header: ['contestant', 'how it is used', 'many at a time'],
      rows: participants.map(({ name, how, batching }) => [name, how, batching]),
    }),
    ...(absences.length === 0
      ? []
      : ['Not here:', absences.map(({ name, reason }) => `- ${name}: ${reason}`).join('\n')]),
    '## What these figures do not show',
    CAVEATS,
  ].join('\n\n')}\n`;
}

function resultsBlocks(sections: readonly MeasuredSection[]): string[] {
  const table = summaryTable(sections);
  const lead = summaryLead(sections);
  const notes = summaryNotes(sections);
  return [
    ...(lead === '' ? [] : [lead]),
    ...(table === undefined ? [] : [markdownTable(table), RESULTS_TEXT]),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join('\n')]),
  ];
}

const RESULTS_TEXT: string =
  'Medians of the rounds. Both ends of Hermes and of the C++ ring spin; the others sleep and are woken by the kernel. The C++ ring is the limit: the same records in the same memory, with no checks, no groups and no recovery. “Many at a time” is 16 messages for the two rings. The others pack some 900 messages into a chunk of 64 KiB, which nobody gets before it is full.';

const GOALS_TEXT: string =
  'These goals are the project’s own: its designers set them, high, to know how far there is to go. They are no promises. *At* is what a median must reach; *reached* says whether it did, in this run. A ratio is taken within each round, then its median, with the least and the greatest in parentheses: 0.50 × of a throughput is half as many messages a second.';

function method({ rounds, curveRounds }: Report['profile']): string {
  return [
    '- Real processes exchange real messages (MessagePort: two threads), each end pinned to a core of its own with `taskset`. Servers run where the kernel puts them.',
    `- Contestants take turns: A B C …, then A B C … again, ${rounds} rounds (${curveRounds} of the curves in which Hermes is alone). Each turn starts fresh processes, and measures only after a warm-up of its own.`,
    '- The figure is the median of the rounds, with the least and the greatest in parentheses. A ratio is taken within each round, between neighbours in time; then its median and spread.',
    '- “Load before” a part is how many processes wanted a core, on average over the minute before; on an idle machine it is near 0.',
    '- Throughput is what the receiver takes, from the end of the warm-up to the last message. A round trip is timed by one clock on one side, one under way at a time.',
    '- Every message is verified: that it comes, in its turn, with its length, its number, a pattern at its end that depends on the number, and one byte that moves through the middle. Of the messages of the warm-up, up to 128 MiB of them, every byte is compared. A single wrong message ends the run.',
    '- The payloads, the verification and the loops around them are the same lines of code for all contestants of JavaScript, and the same operations in C++.',
  ].join('\n');
}

const BUSY: string =
  '**The machine was busy with other work when this was measured** (see the load before each part). Processes that spin lost their cores to it again and again, and that slows the rings, Hermes among them, more than those that sleep in the kernel. Read the ratios as lower bounds, and measure again on an idle machine.';

const CAVEATS: string = [
  '- The absolute figures belong to this machine at this hour. The same machine gives other ones, up to three times, when its virtual cores move: only what ran in turns within one run may be compared.',
  '- Spinning takes a whole core for each end. The peers sleep in the kernel between messages, which is what makes their round trips long, and what a program wants that has little to say.',
  '- With two cores there is none left for a server: Redis and NATS share theirs with their clients. With more processes than cores, Hermes’s processes sleep 50 µs at a time while there is nothing to do, and those curves show the scheduler as much as Hermes.',
  '- Sockets, pipes and brokers go through the kernel and can do what Hermes cannot: cross machines, isolate users, outlive the host.',
].join('\n');

function environmentRows(environment: Environment): string[][] {
  return Object.entries(environment.facts).map(([fact, value]) => [fact, value]);
}

function sectionBlocks(section: MeasuredSection, assets: string): string[] {
  const { startedAt, load } = section.occasion;
  return [
    `## ${section.title}`,
    ...section.text,
    `Measured at ${startedAt.slice(11)} UTC on ${startedAt.slice(0, 10)}, load before ${load.toFixed(2)}.`,
    ...section.tables.flatMap((table) => [
      ...(table.caption === undefined ? [] : [`**${table.caption}**`]),
      markdownTable(table),
    ]),
    ...section.charts.map(({ file, alt }) => `![${alt}](${assets}/${file})`),
  ];
}

export function markdownTable({ header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** Hermes, the native limit, and what a program would be made of without Hermes. */
const COLUMNS = [HERMES, NATIVE, UNIX_SOCKET, MESSAGE_PORT, ZEROMQ, NATS, REDIS];

/** What comes first: how long a message takes and how many there are in a second, of Hermes and of some others. */
function summaryTable(sections: readonly Section[]): Table | undefined {
  const highlights = sections.flatMap(({ highlight }) => highlight ?? []);
  const columns = COLUMNS.filter((name) => highlights.some(({ figures }) => name in figures));
  if (highlights.length === 0 || columns.length === 0) return undefined;
  return {
    header: ['64-byte messages between two processes', ...columns],
    rows: highlights.map(({ what, figures }) => [what, ...columns.map((name) => figures[name] ?? '—')]),
  };
}

/** What Hermes does, in a few sentences. */
function summaryLead(sections: readonly Section[]): string {
  return sections.flatMap(({ lead }) => lead ?? []).join(' ');
}

/** The sentences that go with the table. */
function summaryNotes(sections: readonly Section[]): readonly string[] {
  return sections.flatMap(({ notes }) => notes ?? []);
}
