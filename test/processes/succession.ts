import fs from 'node:fs';
import type { Message } from '../../src/index.js';
import { carriesNumber } from '../support/numbered-payload.js';

/**
 * A lane that one producer after the other writes: each is a generation, whose messages are numbered from 0 and typed
 * by the generation. Each notes in a file of counts how many of its messages it knows to be published.
 */

const TYPES = 239;
const COUNT_LENGTH = 4;
/** The most messages that a producer publishes before it notes them. */
export const MOST_UNNOTED = 64;

export function typeOfGeneration(generation: number): number {
  return 1 + (generation % TYPES);
}

/** The counts of one producer; every note is in the file when the call returns. */
export class PublishedCount {
  private readonly fd: number;
  private readonly count: Buffer = Buffer.alloc(COUNT_LENGTH);

  constructor(
    file: string,
    private readonly generation: number,
  ) {
    this.fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT);
  }

  note(published: number): void {
    this.count.writeUInt32LE(published);
    fs.writeSync(this.fd, this.count, 0, COUNT_LENGTH, this.generation * COUNT_LENGTH);
  }
}

/** Checks, message by message, what a succession of producers wrote to one lane. */
export class Succession {
  /** Of the next message of the lane. */
  sequence = 0;
  private generation = 0;
  /** Of the next message of the generation. */
  private number = 0;
  private readonly received = new Map<number, number>();

  constructor(private readonly lane: number) {}

  /** Generations that were heard of. */
  get generations(): number {
    return this.received.size;
  }

  /** @throws Error that says what is wrong with the message */
  check(message: Message): void {
    const { type, sequence } = message;
    if (sequence !== this.sequence) throw this.wrong(`sequence ${sequence} came instead of ${this.sequence}`);
    if (type !== typeOfGeneration(this.generation)) this.succeed(type);
    if (!carriesNumber(message, this.generation, this.number)) {
      throw this.wrong(`${message.length} bytes are not the payload of message ${this.number} of ${this.generation}`);
    }
    this.sequence++;
    this.number++;
    this.received.set(this.generation, this.number);
  }

  /** At the end: every generation's messages are there, up to those that it published last and had not yet noted. */
  checkComplete(countsFile: string): void {
    const counts = fs.readFileSync(countsFile);
    const generations = counts.length / COUNT_LENGTH;
    for (let generation = 0; generation < generations; generation++) {
      const noted = counts.readUInt32LE(generation * COUNT_LENGTH);
      const received = this.received.get(generation) ?? 0;
      if (received < noted || received > noted + MOST_UNNOTED) {
        throw this.wrong(`of generation ${generation} ${received} messages came, ${noted} were published`);
      }
    }
  }

  /** The next generation of that type; those between died before their first message. */
  private succeed(type: number): void {
    do this.generation++;
    while (typeOfGeneration(this.generation) !== type);
    this.number = 0;
  }

  private wrong(what: string): Error {
    return new Error(`lane ${this.lane}, sequence ${this.sequence}, generation ${this.generation}: ${what}`);
  }
}
