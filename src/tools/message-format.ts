import type { Message } from '../index.js';

export type MessageFormat = 'lines' | 'length-prefixed' | 'json';

const NEWLINE = 0x0a;
const PREFIX_LENGTH = 4;

/** Collects messages in an output format: one growing buffer, used again after each `take`. */
export class MessageEncoder {
  private buffer: Buffer = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  constructor(private readonly format: MessageFormat) {}

  /** Bytes collected. */
  get pendingLength(): number {
    return this.length;
  }

  add(message: Message): void {
    if (this.format === 'json') {
      this.append(Buffer.from(`${jsonLine(message)}\n`));
      return;
    }
    this.reserve(PREFIX_LENGTH + message.length + 1);
    if (this.format === 'length-prefixed') this.length = this.buffer.writeUInt32LE(message.length, this.length);
    this.length += message.buffer.copy(this.buffer, this.length, message.offset, message.offset + message.length);
    if (this.format === 'lines') this.buffer[this.length++] = NEWLINE;
  }

  /** What was collected; it is yours. */
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

function jsonLine(message: Message): string {
  const { lane, sequence, type } = message;
  const payload = message.payload.toString('base64');
  return JSON.stringify({ lane, sequence, timestamp: message.timestamp.toString(), type, payload });
}
