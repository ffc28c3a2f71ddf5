import { libc } from './libc.js';

const MADV_POPULATE_READ = 22;
const MADV_POPULATE_WRITE = 23;
const PAGE_LENGTH = 4096;
/** Calls that may be under way at once. */
const MOST_RUNNING = 2;

let running = 0;

/**
 * Makes pages of a mapping ready to be written, so that the first store to each does not stop for the kernel: on another
 * thread, or, where this thread's event loop does not turn, in this call, which still takes a third of the time of so many
 * page faults. Only ever a help: older kernels refuse it. Both numbers are bytes. Allocates a view: to be called once for many pages.
 */
export function prefault(buffer: ArrayBufferLike, offset: number, length: number): void {
  const { pages, pagesLength } = pagesOf(buffer, offset, length);
  if (running === MOST_RUNNING) {
    libc().madvise(pages, pagesLength, MADV_POPULATE_WRITE);
    return;
  }
  running++;
  libc().madviseInBackground(pages, pagesLength, MADV_POPULATE_WRITE, () => {
    running--;
  });
}

/** The same for pages that are to be read, in this call, which waits for what has to come from the disk. */
export function prefaultToRead(buffer: ArrayBufferLike, offset: number, length: number): void {
  const { pages, pagesLength } = pagesOf(buffer, offset, length);
  libc().madvise(pages, pagesLength, MADV_POPULATE_READ);
}

function pagesOf(buffer: ArrayBufferLike, offset: number, length: number): { pages: Uint8Array; pagesLength: number } {
  const start = offset - (offset % PAGE_LENGTH);
  return { pages: new Uint8Array(buffer, start), pagesLength: offset + length - start };
}
