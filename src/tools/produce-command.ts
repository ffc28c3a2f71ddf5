import fs from 'node:fs';
import { createIfFree } from '../control/ensure-segment.js';
import { attachProducer, HermesError, type Producer } from '../index.js';
import { sleep } from '../os/timers.js';
import { Turns } from '../os/turns.js';
import { type Command, defineCommand, Failure, SEGMENT, UsageError, untilInterrupted } from './command.js';
import { CPU_OPTION } from './cpu-option.js';
import { HeldBackHint } from './held-back-hint.js';
import { type InputFormat, messageInput } from './message-input.js';
import { formatCount, say } from './output.js';
import { Progress } from './progress.js';
import { attachWithin, WAIT_OPTION } from './wait-option.js';

/** The names of stdin. It may be something that cannot be opened by a name. */
const STDIN = '-';
const STDIN_PATH = '/dev/stdin';

/** Types that messages may have. */
const MIN_TYPE = 1;
const MAX_TYPE = 239;

/** The most messages that are published together. They are if they come together. */
const BATCH_COUNT = 256;

/** How much a rate makes up for, if for a time it had no input, no room or no processor. */
const MAX_CATCH_UP_MS = 100;

export const produceCommand: Command = defineCommand({
  command: 'produce <segment> [file..]',
  describe: 'Send messages from stdin or from files',
  places: {
    ...SEGMENT,
    file: {
      type: 'string',
      array: true,
      describe: 'Files, one after the other; - is stdin, the default',
    },
  },
  options: {
    format: {
      choices: ['lines', 'length-prefixed'],
      default: 'lines',
      describe: 'A message a line, or each after its length (u32, little endian)',
    },
    type: { type: 'number', default: 1, describe: 'Type of the messages, 1–239' },
    rate: { type: 'number', describe: 'Most messages a second' },
    create: { type: 'boolean', default: false, describe: 'Create the segment if there is none' },
    wait: WAIT_OPTION,
    cpu: CPU_OPTION,
  },
  examples: {
    '$0 produce ticks prices.csv': 'each line of the file is a message',
    'tail -f app.log | $0 produce logs --create': 'from a pipe',
  },
  async handler(argv, interrupted) {
    if (argv.rate !== undefined && !(argv.rate > 0))
      throw new UsageError(`--rate is ${argv.rate}: give messages a second, above 0`);
    if (!Number.isInteger(argv.type) || argv.type < MIN_TYPE || argv.type > MAX_TYPE)
      throw new UsageError(`--type is ${argv.type}: give a whole number from ${MIN_TYPE} to ${MAX_TYPE}`);
    const { segment, directory, cpu } = argv;
    if (argv.create) createIfFree(segment, { directory });
    using producer = await attachWithin(argv.wait, () => attachProducer(segment, { directory, cpu }), interrupted);
    if (producer === undefined) throw new Failure('interrupted before there was a place to send from');
    new HeldBackHint().watch(producer);
    const sender = new Sender(producer, argv.type, argv.rate, interrupted);
    try {
      for (const file of argv.file?.length ? argv.file : [STDIN]) {
        if (!(await sendFile(file, sender, argv.format, producer.maxPayload))) break;
      }
    } finally {
      sender.end();
    }
    if (interrupted.aborted) throw new Failure(`interrupted after ${formatCount(sender.sentCount)} messages`);
  },
});

/** Returns false if it was interrupted. All messages before a fault in the file are sent. */
async function sendFile(file: string, sender: Sender, format: InputFormat, maxPayload: number): Promise<boolean> {
  const isStdin = file === STDIN || file === STDIN_PATH;
  const source = isStdin ? 'stdin' : file;
  const input = messageInput(format, maxPayload, source);
  const stream = isStdin ? process.stdin : fs.createReadStream(file, { highWaterMark: 256 * 1024 });
  const stop = () => stream.destroy();
  sender.interrupted.addEventListener('abort', stop, { once: true });
  const payloads: Buffer[] = [];
  const collect = (payload: Buffer) => payloads.push(payload);
  /** Sends the messages that came before a fault, and then throws the fault. */
  const cutAndSend = async (cut: () => void) => {
    try {
      cut();
    } finally {
      await sender.send(payloads);
      payloads.length = 0;
    }
  };
  try {
    for await (const chunk of stream) await cutAndSend(() => input.push(chunk as Buffer, collect));
    await cutAndSend(() => input.end(collect));
  } catch (error) {
    if (sender.interrupted.aborted) return false;
    throw readError(error, source);
  } finally {
    sender.interrupted.removeEventListener('abort', stop);
  }
  return !sender.interrupted.aborted;
}

/** The errors of a file that cannot be read at all. The command line then names the wrong file. */
const WRONG_FILE: readonly string[] = [
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'EPERM',
  'ELOOP',
  'ENAMETOOLONG',
  'ENXIO',
];

function readError(error: unknown, source: string): unknown {
  if (error instanceof HermesError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const words = `cannot read ${source}: ${message}`;
  return WRONG_FILE.includes(code) ? new UsageError(words) : new Failure(words);
}

/** Offers messages, waits for room, and keeps to a rate. */
class Sender {
  sentCount = 0;
  private readonly progress: Progress = new Progress('sent');
  private readonly turns: Turns = new Turns();
  /** When the next message may be sent. */
  private dueMs: number = performance.now();

  constructor(
    private readonly producer: Producer,
    private readonly type: number,
    private readonly rate: number | undefined,
    readonly interrupted: AbortSignal,
  ) {}

  async send(payloads: readonly Buffer[]): Promise<void> {
    for (let next = 0; next < payloads.length && !this.interrupted.aborted; ) {
      if (this.turns.isDue) await this.turns.take();
      const allowed = await this.allowance();
      if (this.interrupted.aborted) return;
      const accepted = await this.offerOrSend(payloads.slice(next, next + allowed));
      for (const payload of payloads.slice(next, next + accepted)) this.progress.add(1, payload.length);
      next += accepted;
      this.sentCount += accepted;
      if (this.rate !== undefined) this.dueMs += (accepted / this.rate) * 1000;
    }
  }

  /**
   * Sends as many as there is room for, and returns how many. If there is no room, it waits until there is room for one. Returns 0 if it
   * is interrupted.
   */
  private async offerOrSend(payloads: readonly Buffer[]): Promise<number> {
    const accepted = this.producer.offerBatch(payloads, this.type);
    const [first] = payloads;
    if (accepted > 0 || first === undefined) return accepted;
    const sent = this.producer.send(first, { type: this.type, signal: this.interrupted });
    return (await untilInterrupted(sent, this.interrupted)) === undefined ? 0 : 1;
  }

  end(): void {
    this.progress.end();
    if (process.stderr.isTTY) say(`Sent ${formatCount(this.sentCount)} messages.`);
  }

  private get waitMs(): number {
    return this.dueMs - performance.now();
  }

  /** Waits until at least one message may be sent, and returns how many may be. */
  private async allowance(): Promise<number> {
    if (this.rate === undefined) return BATCH_COUNT;
    for (let waitMs = this.waitMs; waitMs > 0 && !this.interrupted.aborted; waitMs = this.waitMs)
      await sleep(waitMs, this.interrupted);
    const nowMs = performance.now();
    this.dueMs = Math.max(this.dueMs, nowMs - MAX_CATCH_UP_MS);
    const dueCount = Math.floor(((nowMs - this.dueMs) / 1000) * this.rate) + 1;
    return Math.min(Math.max(dueCount, 1), BATCH_COUNT);
  }
}
