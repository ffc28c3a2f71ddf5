import { isUtf8 } from 'node:buffer';
import type { Message } from '../index.js';
import { UsageError } from './command.js';

/** The options of commands that write messages to stdout. */
export const FORMAT_OPTIONS = {
  format: {
    choices: ['lines', 'length-prefixed', 'json'],
    default: 'lines',
    describe:
      'A message a line; each after its length (u32, little endian); or one JSON object a line, its payload in base64 (see --text)',
  },
  text: {
    type: 'boolean',
    default: false,
    describe: 'With --format json: payloads as text; one that is no UTF-8 stays in base64, and has "encoding"',
  },
} as const;

type MessageFormat = (typeof FORMAT_OPTIONS)['format']['choices'][number];

/** @throws UsageError if text is asked for with a format other than JSON */
export function checkText(format: MessageFormat, asText: boolean): void {
  if (asText && format !== 'json') throw new UsageError('--text is for --format json: give both, or neither');
}

const NEWLINE = 0x0a;
const PREFIX_LENGTH = 4;

/** Collects messages in an output format, in one buffer that grows and is used again after each `take`. */
export class MessageEncoder {
  private buffer: Buffer = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  /** `asText` is for JSON: payloads as text. */
  constructor(
    private readonly format: MessageFormat,
    private readonly asText: boolean,
  ) {}

  add(message: Message): void {
    if (this.format === 'json') {
      this.append(Buffer.from(`${jsonLine(message, this.asText)}\n`));
      return;
    }
    this.reserve(PREFIX_LENGTH + message.length + 1);
    if (this.format === 'length-prefixed') this.length = this.buffer.writeUInt32LE(message.length, this.length);
    this.length += message.buffer.copy(this.buffer, this.length, message.offset, message.offset + message.length);
    if (this.format === 'lines') this.buffer[this.length++] = NEWLINE;
  }

  /** Returns what was collected: a copy, which the caller may keep. */
  take(): Buffer {
    const taken = Buffer.from(this.buffer.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  private append(bytes: Buffer): void {
    this.reserve(bytes.length);
    this.length += bytes.copy(this.buffer, this.length);
  }

  private reserve(length: number): void {
    if (this.length + length <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + length));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

function jsonLine(message: Message, asText: boolean): string {
  const { lane, sequence, type, payload: bytes } = message;
  const head = { lane, sequence, timestamp: message.timestamp.toString(), type };
  if (!asText) return JSON.stringify({ ...head, payload: bytes.toString('base64') });
  // A copy, since shared memory may change meanwhile.
  const copy = Buffer.from(bytes);
  if (isUtf8(copy)) return JSON.stringify({ ...head, payload: copy.toString() });
  return JSON.stringify({ ...head, payload: copy.toString('base64'), encoding: 'base64' });
}
