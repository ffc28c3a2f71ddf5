import { setImmediate as nextTurn } from 'node:timers/promises';
import { attachConsumer, type Consumer, type GroupInspection, inspectSegment, type Message } from '../index.js';
import { type Command, defineCommand, type Given, SEGMENT, UsageError, untilInterrupted } from './command.js';
import { CPU_OPTION } from './cpu-option.js';
import { checkText, FORMAT_OPTIONS, MessageEncoder } from './message-format.js';
import { formatCount, say, writeData } from './output.js';
import { Progress } from './progress.js';
import { attachWithin, WAIT_OPTION } from './wait-option.js';

/** Most messages between two acknowledgements. */
const BATCH_COUNT = 1024;

const OPTIONS = {
  group: { type: 'string', describe: 'Every group sees every message [default: default]' },
  from: { choices: ['oldest', 'latest'], describe: 'Where a new group begins [default: latest]' },
  durable: { type: 'boolean', describe: 'A new group keeps its place while nobody is attached' },
  shared: { type: 'boolean', describe: 'A new group is a work queue: its members share the messages' },
  lossy: { type: 'boolean', default: false, describe: 'Never hold producers back; may skip messages' },
  count: { type: 'number', describe: 'End after so many messages' },
  drain: { type: 'boolean', default: false, describe: 'End when all is read and no producer is attached' },
  wait: WAIT_OPTION,
  cpu: CPU_OPTION,
  ...FORMAT_OPTIONS,
  peek: {
    type: 'boolean',
    default: false,
    describe: 'Show what is there now without acknowledging it: the next reader of the group gets it again',
  },
} as const;

export const consumeCommand: Command = defineCommand({
  command: 'consume <segment>',
  describe: 'Receive messages and write them to stdout',
  places: SEGMENT,
  options: OPTIONS,
  examples: {
    '$0 consume ticks --drain > copy.csv': 'all that was sent, then end',
    '$0 consume ticks --group audit --format json': 'another group, with lane, sequence and time',
    '$0 consume ticks --peek --count 3': 'look at the next three, which stay (| head -3 takes more away)',
    '$0 consume jobs --group workers --wait': 'may be started before the segment is created',
  },
  async handler(argv, interrupted) {
    const { segment, group, from, durable, shared, lossy, directory, count = Number.POSITIVE_INFINITY } = argv;
    if (!isCount(count)) throw new UsageError(`--count is ${argv.count}: give a whole number of messages from 0`);
    checkText(argv.format, argv.text);
    if (argv.peek && (argv.drain || lossy))
      throw new UsageError(
        `--peek shows what is there now, and takes nothing away: leave --${lossy ? 'lossy' : 'drain'} out`,
      );
    const options = {
      group: group ?? (lossy ? `lossy-${process.pid}` : undefined),
      mode: lossy ? ('lossy' as const) : undefined,
      from,
      durable,
      shared,
      directory,
      cpu: argv.cpu,
    };
    using consumer = await attachWithin(argv.wait, () => attachConsumer(segment, options), interrupted);
    if (consumer === undefined) return;
    await copyToStdout(consumer, argv, count, interrupted);
    if (consumer.lost > 0) say(`${formatCount(consumer.lost)} messages were overwritten before they could be read.`);
  },
});

function isCount(count: number): boolean {
  return count >= 0 && (Number.isInteger(count) || count === Number.POSITIVE_INFINITY);
}

/** Its members hold one batch at a time, so that no more than one can be shown without acknowledging it. */
function isSharedGroup(group: string): (inspected: GroupInspection) => boolean {
  return ({ name, shared }) => shared && name === group;
}

/** What was written is acknowledged after the system has taken it. */
async function copyToStdout(
  consumer: Consumer,
  { format, text, drain, peek, segment, directory }: Given<typeof SEGMENT & typeof OPTIONS>,
  count: number,
  interrupted: AbortSignal,
): Promise<void> {
  const encoder = new MessageEncoder(format, text);
  const progress = new Progress('received', !process.stdout.isTTY);
  const encode = (message: Message) => encoder.add(message);
  /** False when nobody takes it. */
  const write = async (messageCount: number) => {
    const output = encoder.take();
    if (!(await writeData(output, interrupted))) return false;
    if (!peek) consumer.acknowledge();
    progress.add(messageCount, output.length);
    return true;
  };
  const isShared = peek && inspectSegment(segment, { directory }).groups.some(isSharedGroup(consumer.group));
  let received = 0;
  try {
    while (received < count && !interrupted.aborted) {
      let read = 0;
      try {
        read = consumer.read(encode, Math.min(BATCH_COUNT, count - received));
      } catch (error) {
        await write(0); // what came before the fault
        throw error;
      }
      if (read > 0) {
        if (!(await write(read))) return;
        received += read;
        if (peek && isShared) return;
        await nextTurn(); // lets signals be handled and the progress line be written, however much there is to read
      } else if (peek || (drain && consumer.isDrained())) {
        return;
      } else {
        await untilInterrupted(consumer.waitAsync({ drain, signal: interrupted }), interrupted);
      }
    }
  } finally {
    progress.end();
  }
}
