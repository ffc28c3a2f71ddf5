import { libc } from './libc.js';

const MADV_POPULATE_READ = 22;
const MADV_POPULATE_WRITE = 23;
const MADV_DONTNEED = 4;
const PAGE_LENGTH = 4096;
/** The largest page that Linux has on the machines that are supported. */
const LARGEST_PAGE_LENGTH = 65_536;
/** The most calls that may be under way at once. */
const MOST_RUNNING = 2;

let running = 0;

/** Bytes that are made ready for reading in one call. It takes a tenth of the time of as many page faults. */
const READ_LENGTH: number = 1024 * 1024;
/** Bytes that are made ready for writing, ahead of the writer. */
const WRITE_LENGTH: number = 2 * 1024 * 1024;

/** Makes pages of a mapping ready before they are read, from its start to its end. */
export class ReadAhead {
  /** Byte offset from which on pages are not ready. */
  end = 0;

  /** Call this when `end` is reached. `mappedEnd`: byte offset where the mapping ends. */
  goOn(buffer: ArrayBufferLike, offset: number, mappedEnd: number): void {
    const end = Math.min(offset + READ_LENGTH, mappedEnd);
    if (offset < end) prefaultToRead(buffer, offset, end - offset);
    this.end = offset < end ? end : Number.POSITIVE_INFINITY;
  }
}

/** Makes pages of a mapping ready before they are written. */
export class WriteAhead {
  private end = 0;

  /** From this byte offset on pages are not ready. */
  begin(offset: number): void {
    this.end = offset;
  }

  /** Call this at byte offset `offset`. Returns the offset at which to call it again. `dataEnd`: nothing is written behind it. */
  goOn(buffer: ArrayBufferLike, offset: number, dataEnd: number): number {
    if (offset + WRITE_LENGTH / 2 > this.end) {
      const start = Math.max(this.end, offset);
      this.end = Math.min(offset + WRITE_LENGTH, dataEnd);
      if (this.end > start) prefault(buffer, start, this.end - start);
    }
    return this.end === dataEnd ? dataEnd : this.end - WRITE_LENGTH / 2;
  }
}

/**
 * Makes pages of a mapping ready for writing, so that the first store to each does not stop for the kernel. It works on another
 * thread. If this thread's event loop does not turn, it works in this call, which still takes only a third of the time of as many
 * page faults. It is only a help: older kernels refuse it. Both numbers are bytes. Allocates a view, so call it once for many pages.
 */
export function prefault(buffer: ArrayBufferLike, offset: number, length: number): void {
  const { pages, pagesLength } = pagesOf(buffer, offset, length);
  if (running === MOST_RUNNING) {
    libc().madvise(pages, pagesLength, MADV_POPULATE_WRITE);
    return;
  }
  running++;
  libc().inBackground.madvise(pages, pagesLength, MADV_POPULATE_WRITE, () => {
    running--;
  });
}

/** The same for reading. It works in this call, which waits for pages that have to come from the disk. */
export function prefaultToRead(buffer: ArrayBufferLike, offset: number, length: number): void {
  const { pages, pagesLength } = pagesOf(buffer, offset, length);
  libc().madvise(pages, pagesLength, MADV_POPULATE_READ);
}

/**
 * Drops the private copies of pages of a private mapping: all whole pages from byte `from` to `to`. From then on they read as the
 * file does. Returns where they end.
 */
export function dropPages(buffer: ArrayBufferLike, from: number, to: number): number {
  const start = from - (from % LARGEST_PAGE_LENGTH);
  const end = to - (to % LARGEST_PAGE_LENGTH);
  if (start < end) libc().madvise(new Uint8Array(buffer, start), end - start, MADV_DONTNEED);
  return end;
}

function pagesOf(buffer: ArrayBufferLike, offset: number, length: number): { pages: Uint8Array; pagesLength: number } {
  const start = offset - (offset % PAGE_LENGTH);
  return { pages: new Uint8Array(buffer, start), pagesLength: offset + length - start };
}
