import fs from 'node:fs';
import {
  attachConsumer,
  attachProducer,
  type Consumer,
  type ConsumerOptions,
  createSegment,
  HermesError,
  inspectSegment,
  listSegments,
  type Message,
  type Producer,
  removeGroup,
} from '../../src/index.js';
import { PREAMBLE_LENGTH } from '../../src/layout/preamble.js';
import { Reaper } from '../../src/membership/reap.js';
import { openSegment, type Segment } from '../../src/segment/segment.js';
import { readSigned, signedPayload } from '../support/numbered-payload.js';
import { Random } from '../support/random.js';

const SEGMENT = 'damaged';
const STEPS = 120;
const LEAST_LENGTH = 8;
const GROUPS: readonly ConsumerOptions[] = [
  {},
  { group: 'books', durable: true },
  { group: 'crew', shared: true },
  { group: 'watch', mode: 'lossy' },
];

/** What happened in a run: for a test that a run is about something. */
export interface CorruptionCounts {
  changes: number;
  sent: number;
  received: number;
  errors: number;
}

/**
 * One run: bytes of a segment change at random while it is used in every way. @throws what is no HermesError, and an
 * error when a message that carries a checksum comes that was never sent
 */
export function runCorruption(seed: number, parent: string): CorruptionCounts {
  const directory = fs.mkdtempSync(`${parent}/`);
  try {
    return new CorruptionRun(seed, directory).run();
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

class CorruptionRun {
  private readonly random: Random;
  private readonly checksum: boolean;
  private readonly raw: Segment;
  private readonly producers: Producer[] = [];
  private readonly consumers: Consumer[] = [];
  /** What was ever given to a producer, by its number: length and type. */
  private readonly given: { readonly lane: number; readonly length: number; readonly type: number }[] = [];
  private readonly counts: CorruptionCounts = { changes: 0, sent: 0, received: 0, errors: 0 };

  constructor(
    seed: number,
    private readonly directory: string,
  ) {
    const random = new Random(seed);
    this.random = random;
    this.checksum = random.below(2) === 0;
    const shape = { producers: 2, maxGroups: 4, members: 2, capacity: 65_536, shared: random.below(2) === 0 };
    createSegment(SEGMENT, { ...shape, checksum: this.checksum, timestamps: random.below(2) === 0, directory });
    this.raw = openSegment(SEGMENT, { directory }, 'read-write');
  }

  run(): CorruptionCounts {
    // Sound at first, so that there are participants and messages to be damaged.
    for (let i = 0; i < 2; i++) this.attachProducer();
    for (const options of GROUPS) this.attachConsumer(options);
    for (let i = 0; i < 10; i++) this.produce();
    for (let i = 0; i < 10; i++) this.consume();
    for (let step = 0; step < STEPS; step++) {
      if (this.random.below(3) === 0) this.change();
      this.attempt(() => this.use());
    }
    for (const participant of [...this.producers, ...this.consumers]) this.attempt(() => participant.detach());
    this.raw.close();
    return this.counts;
  }

  private attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof HermesError)) throw error;
      this.counts.errors++;
    }
  }

  private use(): void {
    const { random, directory } = this;
    const choice = random.below(40);
    if (choice < 14) this.produce();
    else if (choice < 32) this.consume();
    else if (choice === 32) this.leave(this.producers);
    else if (choice === 33) this.leave(this.consumers);
    else if (choice === 34) this.attachProducer();
    else if (choice === 35) this.attachConsumer(random.of(GROUPS));
    else if (choice === 36) inspectSegment(SEGMENT, { directory });
    else if (choice === 37) new Reaper(this.raw).reapIfNeeded();
    else if (choice === 38) listSegments({ directory });
    else removeGroup(SEGMENT, random.of(GROUPS).group ?? 'default', { directory });
  }

  private attachProducer(): void {
    this.producers.push(attachProducer(SEGMENT, { directory: this.directory }));
  }

  private attachConsumer(options: ConsumerOptions): void {
    this.consumers.push(attachConsumer(SEGMENT, { directory: this.directory, ...options }));
  }

  private leave(participants: (Producer | Consumer)[]): void {
    const [participant] = participants.splice(this.random.below(participants.length), 1);
    participant?.detach();
  }

  private produce(): void {
    const { random, producers } = this;
    if (producers.length === 0) return;
    const producer = random.of(producers);
    const type = 1 + (this.given.length % 200);
    const payloads = Array.from({ length: 1 + random.below(5) }, () => this.give(producer.lane, type));
    if (random.below(3) === 0) {
      const claim = producer.tryClaim(payloads[0]!.length, type);
      if (claim === null) return;
      payloads[0]!.copy(claim.buffer, claim.offset);
      claim.commit();
      this.counts.sent++;
    } else {
      this.counts.sent += producer.offerBatch(payloads, type);
    }
  }

  /** The next message, signed by its lane and its number. */
  private give(lane: number, type: number): Buffer {
    const { random } = this;
    const length = LEAST_LENGTH + random.below(random.below(6) === 0 ? 16_000 : 200);
    this.given.push({ lane, length, type });
    return signedPayload(lane, this.given.length - 1, length);
  }

  private consume(): void {
    const { random, consumers } = this;
    if (consumers.length === 0) return;
    const consumer = random.of(consumers);
    const limit = 1 + random.below(30);
    const handler = (message: Message) => this.check(message);
    if (random.below(4) > 0) consumer.poll(handler, limit);
    else {
      consumer.read(handler, limit);
      consumer.acknowledge();
    }
    if (random.below(10) === 0) consumer.isDrained();
  }

  /** Reads all of a message; it must be one that was given to a producer of its lane, unless nothing vouches for it. */
  private check(message: Message): void {
    const { type, lane, length, payload, sequence, timestamp } = message;
    this.counts.received++;
    if (payload.length !== length || !Number.isInteger(sequence) || typeof timestamp !== 'bigint') {
      throw new Error('a message cannot be read');
    }
    if (!this.checksum) return;
    const { stream, number, isWhole } = readSigned(message, length);
    const given = this.given[number];
    const isGiven = given?.lane === lane && given.length === length && given.type === type;
    if (!isGiven || stream !== lane) throw new Error(`a message came that was never sent: ${number}`);
    if (!isWhole) throw new Error(`message ${number} came with an altered payload`);
  }

  /** Changes a bit, a byte or a word somewhere. */
  private change(): void {
    const { random } = this;
    const { bytes } = this.raw.memory;
    const offset = this.offset();
    this.counts.changes++;
    const how = random.below(4);
    if (how === 0) bytes[offset] = bytes[offset]! ^ (1 << random.below(8));
    else if (how === 1) bytes[offset] = random.below(256);
    else if (how === 2) bytes.writeUInt32LE(random.below(2 ** 32), offset & ~3);
    else bytes.writeUInt32LE(random.of([0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 32, 65_536]), offset & ~3);
  }

  /** The small sections as often as the lanes; there the first bytes, where the messages are, and headers most of all. */
  private offset(): number {
    const { random } = this;
    const { header, memory } = this.raw;
    const { sections, geometry } = header;
    const starts = Object.values(sections).sort((a, b) => a - b);
    const bounds = [0, 256, ...starts];
    const part = random.below(bounds.length + 2);
    if (part + 1 < bounds.length && bounds[part]! < sections.lanesOffset) {
      return (
        bounds[part]! +
        random.below(Math.min(bounds[part + 1]! - bounds[part]!, part === 0 ? 256 : PREAMBLE_LENGTH * 4))
      );
    }
    const lane = sections.lanesOffset + random.below(geometry.laneCount) * geometry.laneCapacity;
    const near = lane + random.below(geometry.laneCapacity);
    if (random.below(2) === 0) return near;
    // The header of a record at or after a random place.
    for (let at = near & ~31; at < lane + geometry.laneCapacity; at += 32) {
      if (memory.bytes.readUInt32LE(at) === 0x534d_5248) return at + random.below(32);
    }
    return near;
  }
}
