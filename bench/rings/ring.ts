/** What the measuring processes need of a ring in shared memory, whoever made it. Both sides spin. */
export interface RingWriter {
  /** False when there is no room. */
  offer(payload: Uint8Array): boolean;
  /** How many there was room for; they are published together. */
  offerBatch(payloads: readonly Uint8Array[]): number;
  /** Room for `count` messages of `length` bytes, to be written in place and published together; null when there is none. */
  claim?(length: number, count: number): ClaimedRoom | null;
}

export interface ClaimedRoom {
  readonly buffer: Buffer;
  /** Of the first payload, and bytes from one to the next. */
  readonly offset: number;
  readonly stride: number;
  commit(): void;
}

export type HandleRecord = (buffer: Buffer, offset: number, length: number) => void;

/** Hands over up to `limit` messages. How many. */
export type PollRing = (limit: number) => number;

export interface Ring {
  writer(name: string): RingWriter;
  /** The handler is fixed: a closure for each poll would be measured with it. */
  reader(name: string, handle: HandleRecord): PollRing;
}
