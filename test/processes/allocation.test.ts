import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CreateOptions } from '../../src/index.js';
import type { AlternateEnds, Way } from '../programs/alternate-ends.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import type { HeapReport } from './heap-watch.js';
import { createRaisedSegment } from './raised-segment.js';

/** One MiB for new objects: a collection for each MiB of garbage. */
const NODE_OPTIONS = ['--max-semi-space-size=1'];
const NEW_SPACE_LENGTH = 1024 * 1024;
const MESSAGES = 10_000_000;
const CHECKSUMMED_MESSAGES = 2_000_000;
const WARM_UP_MESSAGES = 2_000_000;
/** From here on a position is no small integer of V8 any more, but an object of this length. */
const SMALL_INTEGER_END = 2 ** 31;
const HEAP_NUMBER_LENGTH = 16;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

interface Run {
  readonly way: Way;
  readonly shape?: CreateOptions;
  readonly startPosition?: number;
  readonly messages?: number;
}

/** Both ends in one process, which writes some messages and then reads them, again and again. */
async function alternate({ way, shape = {}, startPosition = 0, messages = MESSAGES }: Run): Promise<HeapReport> {
  createRaisedSegment('heap', startPosition, { ...shape, directory, producers: 1 });
  const child = Program.start('alternate-ends', { execArgv: NODE_OPTIONS });
  const command: AlternateEnds = { segment: 'heap', directory, way, warmUpMessages: WARM_UP_MESSAGES, messages };
  child.command(command);
  return child.next<HeapReport>('measured');
}

function inWords({ collections, grownBy, durationMs }: HeapReport): string {
  return `${collections} collections, heap grown by ${grownBy} bytes in ${Math.round(durationMs)} ms`;
}

describe.each<Way>(['offer', 'offerBatch', 'tryClaim'])('%s and poll, once optimized', (way) => {
  test.for<[string, CreateOptions, number]>([
    ['timestamps', { timestamps: true }, MESSAGES],
    ['no timestamps', { timestamps: false }, MESSAGES],
    ['a checksum', { checksum: true }, CHECKSUMMED_MESSAGES],
  ])('make no garbage with %s', async ([, shape, messages], { annotate }) => {
    const heap = await alternate({ way, shape, messages });
    await annotate(inWords(heap));
    expect(heap.collections).toBe(0);
    expect(heap.grownBy).toBeLessThan(NEW_SPACE_LENGTH);
  });
});

describe('beyond the first 2 GiB of a lane', () => {
  test.for<[string, number]>([
    ['from 2 GiB on', SMALL_INTEGER_END],
    ['from 4 GiB on', 2 * SMALL_INTEGER_END],
    ['across 2 GiB', SMALL_INTEGER_END - 512 * 1024 * 1024],
    ['across 4 GiB', 2 * SMALL_INTEGER_END - 512 * 1024 * 1024],
  ])('offerBatch and poll make no garbage: %s', async ([, startPosition], { annotate }) => {
    const heap = await alternate({ way: 'offerBatch', startPosition });
    await annotate(inWords(heap));
    expect(heap.collections).toBe(0);
  });

  test.for<Way>(['offer', 'tryClaim'])(
    '%s makes at most one number a message, its result',
    async (way, { annotate }) => {
      const heap = await alternate({ way, startPosition: 2 * SMALL_INTEGER_END });
      const most = Math.ceil((MESSAGES * HEAP_NUMBER_LENGTH) / NEW_SPACE_LENGTH) + 5;
      await annotate(inWords(heap));
      expect(heap.collections).toBeLessThanOrEqual(most);
    },
  );
});
