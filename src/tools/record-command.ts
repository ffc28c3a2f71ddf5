import { attachRecorder, HermesError, type Recorder } from '../index.js';
import { formatByteSize, parseByteSize } from './byte-size.js';
import { type Command, defineCommand, SEGMENT } from './command.js';
import { CPU_OPTION } from './cpu-option.js';
import { HeldBackHint, HINT_AFTER_MS } from './held-back-hint.js';
import { formatCount, say } from './output.js';
import { attachWithin, WAIT_OPTION } from './wait-option.js';

export const recordCommand: Command = defineCommand({
  command: 'record <segment>',
  describe: 'Keep every message of a segment in a journal, until SIGINT or SIGTERM',
  places: SEGMENT,
  options: {
    to: { type: 'string', demandOption: true, describe: "The journal's directory" },
    group: { type: 'string', default: 'journal', describe: 'The durable group whose only member is this recorder' },
    from: { choices: ['oldest', 'latest'], default: 'oldest', describe: 'Where a new group begins' },
    drain: { type: 'boolean', default: false, describe: 'End when all is recorded and no producer is attached' },
    wait: WAIT_OPTION,
    cpu: CPU_OPTION,
    sync: {
      choices: ['os', 'interval', 'every'],
      default: 'os',
      describe:
        'When messages go to the disk: when the kernel decides, at an interval, or before they are acknowledged',
    },
    'sync-interval': {
      type: 'number',
      describe: 'Milliseconds between two syncs, with --sync interval [default: 100]',
    },
    'file-size': { type: 'string', describe: 'Size of each new file [default: 64MiB]' },
    'skip-damage': { type: 'boolean', describe: 'Go on behind damage in the middle of the last file' },
  },
  examples: {
    '$0 record ticks --to /var/lib/ticks': 'may be killed at any time, and started again',
    '$0 record ticks --to /var/lib/ticks --sync every': 'acknowledged when it is on the disk',
  },
  async handler(argv, interrupted) {
    const { segment, to, group, from, directory, drain, sync, syncInterval, skipDamage } = argv;
    const fileLength = argv.fileSize === undefined ? undefined : parseByteSize(argv.fileSize, '--file-size');
    const options = {
      to,
      group,
      from,
      directory,
      fileLength,
      sync,
      syncIntervalMs: syncInterval,
      skipDamage,
      cpu: argv.cpu,
    };
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
});

/** The recorder itself waits for nobody, but the producers of its messages may wait for other groups. */
function sayHeldBack(recorder: Recorder, ownGroup: string, hint: HeldBackHint): void {
  try {
    for (const heldBack of recorder.heldBack()) {
      if (heldBack.group !== ownGroup) hint.tell(heldBack, `the producer of lane ${heldBack.lane} waits`);
    }
  } catch (error) {
    if (!(error instanceof HermesError)) throw error; // the recorder itself meets what is wrong with the segment
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
