import { libc } from './libc.js';

const MADV_POPULATE_WRITE = 23;
const PAGE_LENGTH = 4096;

/**
 * Makes pages of a mapping ready to be written, on another thread: the writer's first store to a page then does not
 * stop for the kernel. Only ever a help: older kernels refuse it, and a writer who is faster waits as it would have.
 * Both numbers are bytes. Allocates a view; to be called once for many pages.
 */
export function prefaultInBackground(buffer: ArrayBufferLike, offset: number, length: number): void {
  const start = offset - (offset % PAGE_LENGTH);
  libc().madviseInBackground(new Uint8Array(buffer, start), offset + length - start, MADV_POPULATE_WRITE);
}
