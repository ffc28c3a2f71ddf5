import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ensureSegment } from '../../src/control/ensure-segment.js';
import {
  attachConsumer,
  attachProducer,
  createSegment,
  inspectSegment,
  listSegments,
  removeSegment,
} from '../../src/index.js';
import { isRemoved, markRemoved } from '../../src/ring/roster-word.js';
import { atLook } from '../support/look.js';
import type { NamedCall } from '../support/named-call.js';
import { forgeBootId, pretendOnDisk } from '../support/other-boot.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

afterEach(() => {
  vi.restoreAllMocks();
});

function newSegment(): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 3, directory });
  return directory;
}

describe('a name that leads to another file than the one that was looked at', () => {
  const file = (directory: string) => path.join(directory, 'ticks');
  const idOf = (directory: string) => inspectSegment('ticks', { directory }).segmentId;

  /** What somebody else does in between: removes the segment and creates another of that name. Its id. */
  function exchange(directory: string): string {
    removeSegment('ticks', { directory, force: true });
    createSegment('ticks', { ...SMALL, members: 7, directory });
    return idOf(directory);
  }

  /** As a remover leaves it that was killed before it unlinked the name. */
  function markedSegment(): string {
    const directory = newSegment();
    markRemoved(openRaw(directory).memory);
    return directory;
  }

  // At looks from which on the control lock is held, nobody who keeps to the rules can exchange it.
  test.each([1, 2])('is not removed for the former one by a creator (look %d)', (look) => {
    const directory = markedSegment();
    let id = '';
    atLook(file(directory), look, () => {
      id = exchange(directory);
    });
    expect(codeOf(() => createSegment('ticks', { ...SMALL, directory }))).toBe('ERR_HERMES_SEGMENT_EXISTS');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(idOf(directory)).toBe(id);
  });

  test.each([1, 2])('is not replaced for the former one where it is declared: of another shape (look %d)', (look) => {
    const directory = markedSegment();
    let id = '';
    atLook(file(directory), look, () => {
      id = exchange(directory);
    });
    const error = thrownBy(() => ensureSegment('ticks', { ...SMALL, directory }));
    expect([error.code, idOf(directory)]).toEqual(['ERR_HERMES_SEGMENT_EXISTS', id]);
  });

  test.each([
    ['being removed', () => {}],
    ['of another boot', pretendOnDisk],
  ])('is adopted where it is declared as it is, though the former one was %s', (what, prepare) => {
    prepare();
    const directory = what === 'of another boot' ? newSegment() : markedSegment();
    if (what === 'of another boot') forgeBootId(file(directory));
    let id = '';
    atLook(file(directory), 2, () => {
      id = exchange(directory);
    });
    expect(ensureSegment('ticks', { ...SMALL, members: 7, directory }).origin).toBe('adopted');
    expect(idOf(directory)).toBe(id);
  });

  test('is not removed by a remover who meant the former one', () => {
    const directory = newSegment();
    const former = openRaw(directory);
    let id = '';
    // The lock is taken between the first and the second look: so this one is somebody's who keeps to no rules.
    atLook(file(directory), 2, () => {
      fs.unlinkSync(file(directory));
      createSegment('ticks', { ...SMALL, directory });
      id = openRaw(directory).header.segmentId.toString('hex');
    });
    const error = thrownBy(() => removeSegment('ticks', { directory }));
    expect(error.code).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    expect(error.message).toContain('removed by somebody else meanwhile');
    expect(idOf(directory)).toBe(id);
    expect(isRemoved(former.memory)).toBe(false);
  });

  test('is not attached to where the name was taken away by hand', () => {
    for (const attach of [attachProducer, attachConsumer] as NamedCall[]) {
      const directory = newSegment();
      atLook(file(directory), 2, () => fs.unlinkSync(file(directory)));
      expect(codeOf(() => attach('ticks', { directory }))).toBe('ERR_HERMES_REMOVED');
      vi.restoreAllMocks();
    }
  });

  test.each([true, false])('is listed as what it is when all is said, removed or replaced (%j)', (isReplaced) => {
    const directory = newSegment();
    const { openSync } = fs;
    let opened = 0;
    let id = '';
    vi.spyOn(fs, 'openSync').mockImplementation(((target: fs.PathLike, flags: number, mode: number) => {
      // Between the descriptor of the locks and that of the mapping.
      if (target === file(directory) && ++opened === 2) {
        if (isReplaced) id = exchange(directory);
        else removeSegment('ticks', { directory });
      }
      return openSync(target, flags, mode);
    }) as typeof openSync);
    const listed = listSegments({ directory }).map(({ name, segment }) => [name, segment?.segmentId]);
    expect(listed).toEqual(isReplaced ? [['ticks', id]] : []);
  });

  test('is not removed by force for a damaged one that was there', () => {
    const directory = newSegment();
    fs.truncateSync(file(directory), 5000);
    const { openSync } = fs;
    let id = '';
    let opened = 0;
    vi.spyOn(fs, 'openSync').mockImplementation(((target: fs.PathLike, flags: number, mode: number) => {
      if (target === file(directory) && ++opened === 2) id = exchange(directory); // the first time it was found damaged
      return openSync(target, flags, mode);
    }) as typeof openSync);
    expect(codeOf(() => removeSegment('ticks', { directory, force: true }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    vi.restoreAllMocks();
    expect(idOf(directory)).toBe(id);
  });
});
