import path from 'node:path';
import { expect, test } from 'vitest';
import { HEAD_HIGH_OFFSET } from '../../src/layout/lane-control.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { Child } from '../support/child.js';
import { setControl } from '../support/lane-state.js';
import { rawSegment, SEGMENT_NAME } from '../support/raw-segment.js';

/** Looks at a damaged lane in a process of its own, for an endless loop would not end with the test. */
const OBSERVER = `
  import { openSegment } from 'hermes:segment/segment.js';
  import { LossyReader } from 'hermes:ring/lossy-reader.js';
  import { RecordCopy } from 'hermes:ring/record-copy.js';
  const { memory } = openSegment(process.argv[1], { directory: process.argv[2] }, 'read-write');
  try {
    console.log(new LossyReader(memory, 0, 0, new RecordCopy(memory, String)).read(() => {}, 10));
  } catch (error) {
    console.log(error.code);
  }
  process.exit();`;

/** For the watchdog: a child takes a tenth of a second. */
const HANGS_AFTER_MS = 10_000;

test.each([2 ** 22, 2 ** 28, 2 ** 31, 2 ** 32 - 1])(
  'a lossy reader comes to an end at a head whose high word is damaged: %d',
  async (high) => {
    const segment = rawSegment();
    new LaneWriter(segment.memory, 0).offer(Buffer.alloc(5), 1);
    setControl(segment.memory, 0, HEAD_HIGH_OFFSET, high);
    const child = Child.start(OBSERVER, SEGMENT_NAME, path.dirname(segment.path));
    expect(await child.line()).toMatch(/^(0|ERR_HERMES_CORRUPT_SEGMENT)$/);
  },
  HANGS_AFTER_MS,
);
