import { attachRecorder, HermesError, type JoinFrom, type Recorder, type SyncMode } from '../index.js';
import { formatByteSize, parseByteSize } from './byte-size.js';
import type { Command, CommonArguments } from './command.js';
import { HeldBackHint, HINT_AFTER_MS } from './held-back-hint.js';
import { formatCount, say } from './output.js';
import { attachWithin, WAIT_OPTION } from './wait-option.js';

interface RecordArguments extends CommonArguments {
  readonly segment: string;
  readonly to: string;
  readonly group: string;
  readonly from: JoinFrom;
  readonly drain: boolean;
  readonly wait?: string | undefined;
  readonly sync: SyncMode;
  readonly syncInterval?: number | undefined;
  readonly fileSize?: string | undefined;
  readonly skipDamage?: boolean | undefined;
}

export const recordCommand: Command<RecordArguments> = {
  command: 'record <segment>',
  describe: 'Keep every message of a segment in a journal, until SIGINT or SIGTERM',
  builder: (yargs) =>
    yargs
      .positional('segment', { type: 'string', demandOption: true, describe: 'Its name' })
      .options({
        to: { type: 'string', demandOption: true, requiresArg: true, describe: "The journal's directory" },
        group: {
          type: 'string',
          default: 'journal',
          requiresArg: true,
          describe: 'The durable group that it is the one member of',
        },
        from: {
          choices: ['oldest', 'latest'] as const,
          default: 'oldest' as const,
          describe: 'Where a new group begins',
        },
        drain: {
          type: 'boolean',
          default: false,
          describe: 'End when all is recorded and no producer is attached',
        },
        wait: WAIT_OPTION,
        sync: {
          choices: ['os', 'interval', 'every'] as const,
          default: 'os' as const,
          describe: 'To the disk: when the kernel likes, now and then, or before it is acknowledged',
        },
        'sync-interval': { type: 'number', requiresArg: true, describe: 'Milliseconds, for interval [default: 100]' },
        'file-size': { type: 'string', requiresArg: true, describe: 'Of each new file [default: 64MiB]' },
        'skip-damage': { type: 'boolean', describe: 'Go on behind damage in the middle of the last file' },
      })
      .example('$0 record ticks --to /var/lib/ticks', 'may be killed at any time, and started again')
      .example('$0 record ticks --to /var/lib/ticks --sync every', 'acknowledged when it is on the disk'),
  async handler(argv, interrupted) {
    const { segment, to, group, from, directory, drain, sync, syncInterval, skipDamage } = argv;
    const fileLength = argv.fileSize === undefined ? undefined : parseByteSize(argv.fileSize, '--file-size');
    const options = { to, group, from, directory, fileLength, sync, syncIntervalMs: syncInterval, skipDamage };
    using recorder = await attachWithin(argv.wait, () => attachRecorder(segment, options), interrupted);
    if (recorder === undefined) return;
    const startPosition = recorder.position;
    sayRepair(recorder);
    say(`Recording ${segment} to ${to}, as the group ${group}${drain ? '' : '; SIGINT (Ctrl-C) or SIGTERM ends it'}.`);
    const hint = setInterval(sayHeldBack, HINT_AFTER_MS, recorder, group, new HeldBackHint()).unref();
    try {
      await recorder.run({ signal: interrupted, drain, onBlocked: sayBlocked });
    } finally {
      clearInterval(hint);
      const length = formatByteSize(recorder.position - startPosition);
      say(`Recorded ${formatCount(recorder.recordedCount)} messages, ${length}, to ${to}.`);
    }
    if (recorder.missedCount > 0) say(`${formatCount(recorder.missedCount)} messages never came to the journal.`);
  },
};

/** The recorder itself waits for nobody, but those who would give it messages may. */
function sayHeldBack(recorder: Recorder, ownGroup: string, hint: HeldBackHint): void {
  try {
    for (const heldBack of recorder.heldBack()) {
      if (heldBack.group !== ownGroup) hint.tell(heldBack, `the producer of lane ${heldBack.lane} waits`);
    }
  } catch (error) {
    if (!(error instanceof HermesError)) throw error; // what is wrong with the segment, the recorder is told
  }
}

function sayRepair({ repair }: Recorder): void {
  if (repair === null) return;
  say(`The journal ended in ${formatByteSize(repair.discardedLength)} without a whole record: mended.`);
}

function sayBlocked(error: HermesError | null): void {
  say(
    error === null ? 'Recording again.' : `hermes: ${error.code}: ${error.message}. Producers are held back meanwhile.`,
  );
}
