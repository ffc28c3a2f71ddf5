import { randomBytes } from 'node:crypto';
import { type CreateOptions, createSegment, removeSegment } from '../../index.js';

/** A segment for one measurement. It is removed when the lease is disposed of. */
export interface SegmentLease {
  readonly name: string;
  [Symbol.dispose](): void;
}

/** Creates a segment under a name of its own. In the end it is removed, even if somebody is still attached. */
export function leaseSegment(options: CreateOptions): SegmentLease {
  const name = `bench-${process.pid}-${randomBytes(4).toString('hex')}`;
  createSegment(name, options);
  return {
    name,
    [Symbol.dispose]: () => removeSegment(name, { directory: options.directory, force: true }),
  };
}
