import fs from 'node:fs';
import { chosenMapper } from '../../src/os/chosen-mapper.js';
import { mmapIoPeer, shmTypedArrayPeer } from '../peers/packages.js';

/** Ways to share memory between processes: that of Hermes itself, and the packages that one would find today. */
export type BareMapping = 'koffi' | 'shm-typed-array' | 'mmap-io';

export interface SharedMemory {
  readonly words: Int32Array;
  readonly bytes: Buffer;
}

/** The memory of a ring that `createBareMemory` has made, in this process. `name` is a path. */
export function openBareMemory(mapping: BareMapping, name: string, length: number): SharedMemory {
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
