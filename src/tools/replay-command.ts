import { type Damage, type JournalPlace, openJournal, Replay, type ReplayIntoOptions, replayInto } from '../index.js';
import { FollowPace } from '../journal/journal-iteration.js';
import { Turns } from '../os/turns.js';
import { type Command, defineCommand, type Given, UsageError } from './command.js';
import { HeldBackHint } from './held-back-hint.js';
import { checkText, FORMAT_OPTIONS, MessageEncoder } from './message-format.js';
import { formatCount, say, writeData } from './output.js';

const BATCH_COUNT = 1024;

const OPTIONS = {
  into: { type: 'string', describe: 'Send them into this segment' },
  from: { type: 'string', describe: 'Begin at a position, seq:<number> of --lane, or a time (2026-01-31T12:00:00Z)' },
  to: { type: 'string', describe: 'End before such a position, sequence or time' },
  lane: { type: 'number', describe: 'One lane alone' },
  speed: {
    type: 'string',
    default: 'max',
    describe: '1x as they were published, 10x ten times as fast, max as fast as it goes',
  },
  follow: { type: 'boolean', default: false, describe: 'Wait for more at the end' },
  'skip-damage': { type: 'boolean', describe: 'Go on behind damage, and report it' },
  ...FORMAT_OPTIONS,
} as const;

export const replayCommand: Command = defineCommand({
  command: 'replay <journal>',
  describe: 'Write the messages of a journal to stdout, or send them into a segment',
  places: { journal: { type: 'string', demandOption: true, describe: 'Its directory' } },
  options: OPTIONS,
  examples: {
    '$0 replay /var/lib/ticks --from 2026-01-31T12:00:00Z --speed 10x': 'ten times as fast as it was',
    '$0 replay /var/lib/ticks --into ticks': 'every lane through a producer of its own',
  },
  async handler(argv, interrupted) {
    const { journal, into, follow, directory } = argv;
    checkText(argv.format, argv.text);
    const options: ReplayIntoOptions = { ...rangeOf(argv), follow, signal: interrupted, directory };
    if (into === undefined)
      await copyToStdout(journal, new MessageEncoder(argv.format, argv.text), options, interrupted);
    else {
      const hint = new HeldBackHint();
      const { messages } = await replayInto(journal, into, { ...options, onHeldBack: (by) => hint.tell(by) });
      say(`Sent ${formatCount(messages)} messages.`);
    }
  },
});

function rangeOf({ from, to, lane, speed, skipDamage }: Given<typeof OPTIONS>): ReplayIntoOptions {
  if (lane !== undefined && !(Number.isInteger(lane) && lane >= 0))
    throw new UsageError(`--lane is ${lane}: give a whole number from 0`);
  const [, times] = /^(\d+(?:\.\d+)?)x$/.exec(speed) ?? [];
  if (speed !== 'max' && !(Number(times) > 0))
    throw new UsageError(
      `--speed is ${speed === '' ? 'empty' : speed}: give max, or how many times as fast as it was, such as 1x or 10x`,
    );
  return {
    from: from === undefined ? undefined : parseJournalPlace('from', from, lane),
    to: to === undefined ? undefined : parseJournalPlace('to', to, lane),
    lane,
    speed: speed === 'max' ? undefined : Number(times),
    skipDamage,
    onDamage: sayDamage,
  };
}

/**
 * Reads a place in a journal. `4096` is a position, `seq:100` a sequence of the lane, `2026-01-31T12:00:00Z` or `2026-01-31` a time.
 * @throws UsageError
 */
function parseJournalPlace(option: string, text: string, lane: number | undefined): JournalPlace {
  if (/^\d+$/.test(text)) return { position: Number(text) };
  const [, sequence] = /^seq:(\d+)$/.exec(text) ?? [];
  if (sequence !== undefined) {
    if (lane === undefined) throw new UsageError(`--${option} ${text} needs a lane: give --lane too`);
    return { lane, sequence: Number(sequence) };
  }
  const [, nanoseconds] = /^ns:(\d+)$/.exec(text) ?? [];
  if (nanoseconds !== undefined) return { timeNs: BigInt(nanoseconds) };
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new UsageError(
      `--${option} is ${text}: give a position in bytes, seq:<number> with --lane, a time such as 2026-01-31T12:00:00Z, or ns:<nanoseconds since 1970>`,
    );
  }
  return { timeNs: BigInt(Math.round(ms)) * 1_000_000n };
}

async function copyToStdout(
  journal: string,
  encoder: MessageEncoder,
  options: ReplayIntoOptions,
  interrupted: AbortSignal,
): Promise<void> {
  const { from, skipDamage, onDamage, to, lane, speed, follow } = options;
  using reader = openJournal(journal, { from, skipDamage, onDamage });
  const replay = new Replay(reader, { to, lane, speed, follow });
  const pace = new FollowPace();
  const turns = new Turns();
  while (!interrupted.aborted) {
    let count = 0;
    try {
      count = replay.readOnce((message) => encoder.add(message), BATCH_COUNT);
    } catch (error) {
      await writeData(encoder.take(), interrupted); // what came before the fault
      throw error;
    }
    if (count > 0) pace.reset();
    if (count > 0 && !(await writeData(encoder.take(), interrupted))) return;
    if (turns.isDue) await turns.take();
    if (count > 0 || replay.hasMore) continue;
    if (replay.isDone || (replay.isAtEnd && !follow)) return;
    await pace.wait(interrupted, replay.waitMs);
  }
}

function sayDamage({ file, fromPosition, toPosition, fault }: Damage): void {
  say(
    `hermes: skipped ${toPosition - fromPosition} bytes of ${file}, positions ${fromPosition} to ${toPosition}: ${fault}.`,
  );
}
