import {
  inspectJournal,
  type JournalInspection,
  type JournalVerification,
  pruneJournal,
  type RetentionOptions,
  verifyJournal,
} from '../index.js';
import { formatByteSize, parseByteSize } from './byte-size.js';
import { type Command, defineCommand, Failure, type Given, UsageError } from './command.js';
import { formatCount, formatTime, json, say, writeData } from './output.js';
import { textTable } from './text-table.js';

const ACTIONS = ['ls', 'info', 'verify', 'prune'] as const;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const OPTIONS = {
  'keep-bytes': { type: 'string', describe: 'prune: keep the newest files up to this size' },
  'keep-age': { type: 'string', describe: 'prune: keep files that ended within this time, such as 30m or 7d' },
  'dry-run': { type: 'boolean', describe: 'prune: only say what would go' },
  json: { type: 'boolean', default: false, describe: 'One object; ls: one object a line' },
} as const;

export const journalCommand: Command = defineCommand({
  command: 'journal <action> <journal>',
  describe: 'Look at a journal, verify every record of it, or remove its oldest files',
  places: {
    action: {
      choices: ACTIONS,
      demandOption: true,
      describe: 'ls: its files; info: what it holds; verify: read every record; prune: remove old files',
    },
    journal: { type: 'string', demandOption: true, describe: 'Its directory' },
  },
  options: OPTIONS,
  examples: {
    '$0 journal verify /var/lib/ticks': 'fails when anything is damaged or missing',
    '$0 journal prune /var/lib/ticks --keep-bytes 10GiB': 'never a file that somebody has open',
  },
  async handler(argv, interrupted) {
    const { action, journal } = argv;
    if (action === 'ls') await list(inspectJournal(journal), argv.json);
    else if (action === 'info') await inform(inspectJournal(journal), argv.json);
    else if (action === 'verify') await verify(await verifyJournal(journal, interrupted), argv.json, interrupted);
    else await prune(journal, argv);
  },
});

async function list({ files, faults, unusable }: JournalInspection, asJson: boolean): Promise<void> {
  const rows = [
    ...files.map((file) => [
      file.name,
      formatByteSize(file.fileLength),
      formatTime(file.createdAtNs),
      file.segmentId.slice(0, 8),
      file.isPinned ? 'open' : '',
    ]),
    ...unusable.map(({ name, code }) => [name, '', '', '', code]),
  ];
  const objects = [...files, ...unusable.map(({ name, code, message }) => ({ name, error: { code, message } }))];
  await writeData(asJson ? objects.map(json).join('') : textTable(['FILE', 'SIZE', 'BEGUN', 'SEGMENT', 'STATE'], rows));
  for (const { name, fault } of faults) say(`Damaged: ${name}: ${fault}.`);
}

async function inform(inspection: JournalInspection, asJson: boolean): Promise<void> {
  const { journalId, segmentId, files, faults, allocatedLength, firstPosition, position, lanes, writer } = inspection;
  const rows = [
    ['journal', journalId],
    ['files', `${formatCount(files.length)}, ${formatByteSize(allocatedLength)}`],
    ['positions', `${firstPosition} to ${position}`],
    ['segment', segmentId],
    ['writer', writer === null ? 'none' : `process ${writer.pid ?? '?'}`],
    ...lanes.map(({ lane, nextSequence }) => [`lane ${lane}`, `next sequence ${nextSequence}`]),
  ];
  await writeData(asJson ? json(inspection) : textTable(['WHAT', 'VALUE'], rows));
  for (const { name, fault } of faults) say(`Damaged: ${name}: ${fault}.`);
  for (const { code, message } of inspection.unusable) say(`hermes: ${code}: ${message}`);
}

async function verify(found: JournalVerification, asJson: boolean, interrupted: AbortSignal): Promise<void> {
  const { lanes, damages, gaps } = found;
  const hasOneSegment = new Set([...lanes, ...gaps].map(({ segmentId }) => segmentId)).size <= 1;
  const segmentOf = ({ segmentId }: { readonly segmentId: string }) => (hasOneSegment ? [] : [segmentId.slice(0, 8)]);
  const rows = lanes.map((lane) => [
    ...segmentOf(lane),
    `${lane.lane}`,
    formatCount(lane.messages),
    `${lane.firstSequence}`,
    `${lane.lastSequence}`,
  ]);
  const columns = [...(hasOneSegment ? [] : ['SEGMENT']), 'LANE', 'MESSAGES', 'FIRST', 'LAST'];
  await writeData(asJson ? json(found) : textTable(columns, rows));
  for (const { file, fromPosition, toPosition, fault } of damages)
    say(`Damaged: ${file}, positions ${fromPosition} to ${toPosition}: ${fault}.`);
  for (const gap of gaps) {
    const { lane, fromSequence, toSequence } = gap;
    const segment = segmentOf(gap).map((id) => `segment ${id}, `);
    say(`Missing: ${segment.join('')}lane ${lane}, sequences ${fromSequence} to ${toSequence - 1}.`);
  }
  if (interrupted.aborted) throw new Failure(`interrupted after ${formatCount(found.messages)} messages`);
  if (damages.length + gaps.length > 0)
    throw new Failure(`the journal has ${damages.length} damaged places and ${gaps.length} gaps`);
}

async function prune(journal: string, argv: Given<typeof OPTIONS>): Promise<void> {
  const { keepBytes, keepAge, dryRun = false, json: asJson } = argv;
  if (keepBytes === undefined && keepAge === undefined)
    throw new UsageError('say what to keep: --keep-bytes 10GiB, --keep-age 7d, or both');
  const options: RetentionOptions = {
    keepBytes: keepBytes === undefined ? undefined : parseByteSize(keepBytes, '--keep-bytes'),
    keepAgeMs: keepAge === undefined ? undefined : parseAge(keepAge),
    dryRun,
  };
  const report = pruneJournal(journal, options);
  if (asJson) await writeData(json(report));
  else
    say(
      `${dryRun ? 'Would remove' : 'Removed'} ${formatCount(report.removed.length)} files, ${formatByteSize(report.removedLength)}.`,
    );
  if (report.doubtful !== null) say(`${report.doubtful.name} stays, and what follows it: ${report.doubtful.reason}.`);
  if (report.pinned !== null) say(`${report.pinned} is open somewhere: it stays, and what follows it.`);
  for (const name of report.unusable)
    say(`${name} cannot be used as a file of this journal: it stays; move it away, or restore it.`);
}

/** Reads a time such as `90s`, `30m`, `12h` or `7d`, and returns milliseconds. @throws UsageError */
function parseAge(text: string): number {
  const [, digits, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (digits === undefined)
    throw new UsageError(
      `--keep-age is ${text === '' ? 'empty' : text}: give a whole number with s, m, h or d (seconds, minutes, hours, days), such as 7d`,
    );
  return Number(digits) * UNIT_MS[unit!]!;
}
