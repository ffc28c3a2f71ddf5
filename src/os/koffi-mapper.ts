import { errnoName, libc } from './libc.js';
import type { MapAccess, Mapper, Mapping } from './mapper.js';
import { systemError } from './system-error.js';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const WASM_PAGE_LENGTH = 65_536;
const MAX_WASM_PAGES = 65_536;

/** The part of the WebAssembly API that is used; its full types are the browser's. */
declare const WebAssembly: {
  Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
};

interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/**
 * Maps the file over the pages of a shared WebAssembly memory: its SharedArrayBuffer becomes a window on the file,
 * Atomics included, for all threads of all processes. Unmapping puts anonymous memory there: stale views read zeros.
 */
export function koffiMapper(): Mapper {
  return { name: 'koffi', maxLength: MAX_WASM_PAGES * WASM_PAGE_LENGTH, map };
}

class KoffiMapping implements Mapping {
  private isMapped = true;

  constructor(
    readonly memory: WasmMemory,
    readonly length: number,
  ) {}

  get buffer(): SharedArrayBuffer {
    return this.memory.buffer;
  }

  unmap(): void {
    if (this.isMapped) remap(this.buffer, this.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    this.isMapped = false;
  }

  /** Gives up the memory without changing it, because another mapping takes its place. */
  giveUp(): WasmMemory {
    this.isMapped = false;
    return this.memory;
  }
}

function map(fd: number, length: number, access: MapAccess, over?: Mapping): Mapping {
  const isReusable = over instanceof KoffiMapping && over.length === length;
  if (!isReusable) over?.unmap();
  const memory = isReusable ? over.giveUp() : reserve(length);
  const protection = access === 'read-only' ? PROT_READ : PROT_READ | PROT_WRITE;
  remap(memory.buffer, length, protection, access === 'private' ? MAP_PRIVATE : MAP_SHARED, fd);
  return new KoffiMapping(memory, length);
}

/** Address space that V8 owns and gives back when the buffer is collected. */
function reserve(length: number): WasmMemory {
  const pages = Math.ceil(length / WASM_PAGE_LENGTH);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw systemError('reserve address space for', `${length} bytes`, 'ENOMEM', error);
  }
}

function remap(buffer: ArrayBufferLike, length: number, protection: number, flags: number, fd: number): void {
  const address = libc().mmap(new Uint8Array(buffer), length, protection, flags | MAP_FIXED, fd, 0);
  if (Number(address) === -1) throw systemError('map', `${length} bytes`, errnoName(libc().errno()));
}
