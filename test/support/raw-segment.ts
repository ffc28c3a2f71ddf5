import { onTestFinished } from 'vitest';
import type { CreateOptions } from '../../src/control/create-options.js';
import { createSegment } from '../../src/control/create-segment.js';
import { openSegment, type Segment } from '../../src/segment/segment.js';
import { scratchDirectory } from './scratch.js';

export const SEGMENT_NAME = 'ticks';

/** The smallest segment that there is, to be changed as a test needs it. */
export const SMALL: CreateOptions = { producers: 1, maxGroups: 1, members: 1, capacity: 65_536 };

/** A new segment, open and mapped without taking part in it; closed and removed when the test has finished. */
export function rawSegment(options: CreateOptions = {}): Segment {
  const directory = scratchDirectory();
  createSegment(SEGMENT_NAME, { ...SMALL, ...options, directory });
  return openRaw(directory);
}

/** Opens the segment of a directory without taking part in it; closed when the test has finished. */
export function openRaw(directory: string): Segment {
  const segment = openSegment(SEGMENT_NAME, { directory }, 'read-write');
  onTestFinished(() => segment.close());
  return segment;
}
