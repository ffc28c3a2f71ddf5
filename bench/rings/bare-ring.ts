import fs from 'node:fs';
import { chosenMapper } from '../../src/os/chosen-mapper.js';
import { mmapIoPeer, shmTypedArrayPeer } from '../contestants/peers.js';
import type { HandleRecord, Ring, RingWriter } from './ring.js';

/** Ways to share memory between processes: that of Hermes itself, and the packages that one would find today. */
export type BareMapping = 'koffi' | 'shm-typed-array' | 'mmap-io';

interface SharedMemory {
  readonly words: Int32Array;
  readonly bytes: Buffer;
}

/** The memory of a ring that `createBareMemory` has made, in this process. `name` is a path. */
function openBareMemory(mapping: BareMapping, name: string, length: number): SharedMemory {
  if (mapping === 'shm-typed-array') {
    const words = shmTypedArrayPeer().getPosix(posixName(name), 'Int32Array');
    if (words === null) throw new Error(`shm-typed-array finds no object ${posixName(name)}`);
    return { words, bytes: Buffer.from(words.buffer, words.byteOffset, words.byteLength) };
  }
  const fd = fs.openSync(name, 'r+');
  try {
    const buffer =
      mapping === 'koffi' ? chosenMapper('koffi').map(fd, length, 'read-write').buffer : mapByMmapIo(fd, length);
    return { words: new Int32Array(buffer), bytes: Buffer.from(buffer) };
  } finally {
    fs.closeSync(fd);
  }
}

/** Makes memory of zeros. A way to remove it again. */
export function createBareMemory(mapping: BareMapping, name: string, length: number): () => void {
  if (mapping === 'shm-typed-array') {
    const shm = shmTypedArrayPeer();
    if (shm.createPosix(posixName(name), length / 4, 'Int32Array') === null) {
      throw new Error(`shm-typed-array cannot make ${posixName(name)}`);
    }
    return () => shm.destroy(posixName(name));
  }
  fs.writeFileSync(name, Buffer.alloc(length));
  return () => fs.rmSync(name);
}

function mapByMmapIo(fd: number, length: number): ArrayBufferLike {
  const mmapIo = mmapIoPeer();
  return mmapIo.map(length, mmapIo.PROT_READ | mmapIo.PROT_WRITE, mmapIo.MAP_SHARED, fd, 0).buffer;
}

/** POSIX shared memory is named, not placed: `/` and one component. */
function posixName(file: string): string {
  return `/${file.split('/').slice(-2).join('-')}`;
}

/**
 * A bare single-producer, single-consumer ring over shared memory, written as plainly as possible: what Hermes costs is
 * measured against it. No check of anything, no groups, no recovery, no types, no timestamps. Records are a header of 32
 * bytes (length, sequence) and the payload, aligned to 32; one store of head per publication, one of tail per batch.
 */
const HEAD = 0;
const TAIL = 32;
const DATA = 64; // words: head, tail and data on cache lines of their own
const HEADER = 32;
const PADDING = -1;

/** Bytes of memory for a ring of `capacity` bytes, a power of two. */
export function bareRingLength(capacity: number): number {
  return DATA * 4 + capacity;
}

class BareProducer implements RingWriter {
  private head = 0;
  private tail = 0;
  private sequence = 0;

  constructor(
    private readonly words: Int32Array,
    private readonly bytes: Uint8Array,
    private readonly capacity: number,
  ) {}

  offer(payload: Uint8Array): boolean {
    if (!this.write(payload)) return false;
    Atomics.store(this.words, HEAD, this.head);
    return true;
  }

  offerBatch(payloads: readonly Uint8Array[]): number {
    let count = 0;
    while (count < payloads.length && this.write(payloads[count]!)) count++;
    Atomics.store(this.words, HEAD, this.head);
    return count;
  }

  private write(payload: Uint8Array): boolean {
    const { words, capacity } = this;
    const need = (payload.length + HEADER + 31) & -32;
    const untilEnd = capacity - (this.head & (capacity - 1));
    const padding = need > untilEnd ? untilEnd : 0;
    if (((this.head - this.tail) | 0) + padding + need > capacity) {
      this.tail = Atomics.load(words, TAIL);
      if (((this.head - this.tail) | 0) + padding + need > capacity) return false;
    }
    if (padding > 0) {
      words[DATA + ((this.head & (capacity - 1)) >> 2)] = PADDING;
      this.head = (this.head + padding) | 0;
    }
    const at = this.head & (capacity - 1);
    const index = DATA + (at >> 2);
    words[index] = payload.length;
    words[index + 1] = this.sequence++ | 0;
    this.bytes.set(payload, DATA * 4 + at + HEADER);
    this.head = (this.head + need) | 0;
    return true;
  }
}

class BareConsumer {
  private tail = 0;

  constructor(
    private readonly words: Int32Array,
    private readonly bytes: Buffer,
    private readonly capacity: number,
  ) {}

  poll(handler: HandleRecord, limit: number): number {
    const { words, capacity } = this;
    const head = Atomics.load(words, HEAD);
    let count = 0;
    while (this.tail !== head && count < limit) {
      const at = this.tail & (capacity - 1);
      const index = DATA + (at >> 2);
      const length = words[index]!;
      if (length === PADDING) {
        this.tail = (this.tail + capacity - at) | 0;
        continue;
      }
      handler(this.bytes, DATA * 4 + at + HEADER, length);
      this.tail = (this.tail + ((length + HEADER + 31) & -32)) | 0;
      count++;
    }
    if (count > 0) Atomics.store(words, TAIL, this.tail);
    return count;
  }
}

/** The ring over memory that several processes share by one of the packages for it. */
export function bareRing(mapping: BareMapping, capacity: number): Ring {
  const open = (name: string) => openBareMemory(mapping, name, bareRingLength(capacity));
  return {
    writer(name) {
      const { words, bytes } = open(name);
      return new BareProducer(words, bytes, capacity);
    },
    reader(name, handle) {
      const { words, bytes } = open(name);
      const consumer = new BareConsumer(words, bytes, capacity);
      return { poll: (limit) => consumer.poll(handle, limit) };
    },
  };
}
