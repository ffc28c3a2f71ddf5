import { HermesError } from '../index.js';
import { Failure } from './command.js';

/** Cuts a byte stream into payloads. A payload is a view of what was pushed, or a copy if it spans two chunks. */
interface MessageInput {
  /** Passes on the payloads that end in this chunk. @throws HermesError or Failure, after `onPayload` got all that came before the fault */
  push(chunk: Buffer, onPayload: (payload: Buffer) => void): void;
  /** The end of the stream. */
  end(onPayload: (payload: Buffer) => void): void;
}

export type InputFormat = 'lines' | 'length-prefixed';

export function messageInput(format: InputFormat, maxPayloadLength: number, source: string): MessageInput {
  return format === 'lines' ? new LineInput(maxPayloadLength, source) : new PrefixedInput(maxPayloadLength, source);
}

const NEWLINE = 0x0a;
const PREFIX_LENGTH = 4;
/** How many bytes of an input an error shows. */
const SHOWN_LENGTH = 16;

/** One message a line, without its newline; the last line may have none. */
class LineInput implements MessageInput {
  private pieces: Buffer[] = [];
  private pendingLength = 0;
  private lineCount = 0;

  constructor(
    private readonly maxPayloadLength: number,
    private readonly source: string,
  ) {}

  push(chunk: Buffer, onPayload: (payload: Buffer) => void): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.checkLength(this.pendingLength + end - start);
      onPayload(this.complete(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start === chunk.length) return;
    this.pieces.push(chunk.subarray(start));
    this.pendingLength += chunk.length - start;
    this.checkLength(this.pendingLength);
  }

  end(onPayload: (payload: Buffer) => void): void {
    if (this.pendingLength > 0) onPayload(this.complete(Buffer.alloc(0)));
  }

  private complete(last: Buffer): Buffer {
    const line = this.pieces.length === 0 ? last : Buffer.concat([...this.pieces, last]);
    this.pieces = [];
    this.pendingLength = 0;
    this.lineCount++;
    return line;
  }

  private checkLength(length: number): void {
    if (length <= this.maxPayloadLength) return;
    throw tooLarge(
      this.source,
      `line ${this.lineCount + 1}`,
      `more than ${this.maxPayloadLength}`,
      this.maxPayloadLength,
    );
  }
}

/** Each message with its length before it: u32, little endian. */
class PrefixedInput implements MessageInput {
  private pieces: Buffer[] = [];
  private pendingLength = 0;
  /** How many bytes the current message must have before anything more can be done. */
  private neededLength = PREFIX_LENGTH;
  private recordCount = 0;

  constructor(
    private readonly maxPayloadLength: number,
    private readonly source: string,
  ) {}

  push(chunk: Buffer, onPayload: (payload: Buffer) => void): void {
    this.pieces.push(chunk);
    this.pendingLength += chunk.length;
    if (this.pendingLength < this.neededLength) return;
    let rest = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces);
    for (;;) {
      this.neededLength = rest.length < PREFIX_LENGTH ? PREFIX_LENGTH : this.messageEnd(rest);
      if (rest.length < this.neededLength) break;
      onPayload(rest.subarray(PREFIX_LENGTH, this.neededLength));
      this.recordCount++;
      rest = rest.subarray(this.neededLength);
    }
    this.pieces = rest.length === 0 ? [] : [rest];
    this.pendingLength = rest.length;
  }

  end(): void {
    if (this.pendingLength === 0) return;
    throw new Failure(
      `${this.source} ends in the middle of message ${this.recordCount + 1} (${this.pendingLength} of ${this.neededLength} bytes): it was cut, or is not length-prefixed; all messages before were sent`,
    );
  }

  private messageEnd(rest: Buffer): number {
    const length = rest.readUInt32LE(0);
    if (length > this.maxPayloadLength) {
      if (isText(rest.subarray(0, PREFIX_LENGTH))) throw notPrefixed(this.source, this.recordCount, rest);
      throw tooLarge(this.source, `message ${this.recordCount + 1}`, `${length}`, this.maxPayloadLength);
    }
    return PREFIX_LENGTH + length;
  }
}

/** True for bytes that could be text. They are hardly a length: as one, they would be above 150 MiB. */
function isText(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x09 || byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte !== 0x7f));
}

function notPrefixed(source: string, recordCount: number, rest: Buffer): Failure {
  const start = JSON.stringify(rest.toString('utf8', 0, Math.min(rest.length, SHOWN_LENGTH)));
  const before = recordCount === 0 ? 'nothing was sent' : 'all messages before were sent';
  return new Failure(
    `${source} does not look length-prefixed: where the length of message ${recordCount + 1} should be (4 bytes) it has the text ${start}; give --format lines to send a message a line; ${before}`,
  );
}

function tooLarge(source: string, which: string, length: string, maxPayloadLength: number): HermesError {
  return new HermesError(
    'ERR_HERMES_PAYLOAD_TOO_LARGE',
    `${source}: ${which} has ${length} bytes, the segment carries ${maxPayloadLength}: create the segment with a larger --max-payload; all messages before were sent`,
  );
}
