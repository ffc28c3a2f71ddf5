import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  Coordinator,
  createSegment,
  inspectSegment,
  listSegments,
  removeGroup,
  removeSegment,
} from '../../src/index.js';
import * as P from '../../src/layout/preamble.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { sealed } from '../support/sealed-preamble.js';
import { thrownBy } from '../support/thrown.js';

/** A segment whose preamble is changed before anybody has used it. */
function changed(change: (content: Buffer) => Buffer): { directory: string; file: string; content: Buffer } {
  const directory = scratchDirectory();
  const { path: file } = createSegment('ticks', { ...SMALL, maxGroups: 2, directory });
  const content = change(fs.readFileSync(file));
  fs.writeFileSync(file, content);
  return { directory, file, content };
}

const requiring = (bits: number) => changed((content) => sealed(content, P.REQUIRED_OFFSET, bits));

describe.each([1, 0x4, 0x8000_0000, 0xffff_ffff])('a segment that requires what nobody here knows (%d)', (bits) => {
  const shown = `REQUIRED 0x${bits.toString(16)}`;

  test('lets nobody take part or remove it, and is not touched', () => {
    const { directory, file, content } = requiring(bits);
    const journal = path.join(directory, 'journal');
    const calls: readonly (() => unknown)[] = [
      () => attachProducer('ticks', { directory }),
      () => attachProducer('ticks', { directory, journal }),
      () => attachConsumer('ticks', { directory }),
      () => attachConsumer('ticks', { directory, group: 'other', mode: 'lossy' }),
      () => attachRecorder('ticks', { directory, to: journal }),
      () => removeGroup('ticks', 'default', { directory }),
      () => removeSegment('ticks', { directory }),
    ];
    for (const call of calls) {
      const { code, message } = thrownBy(call);
      expect(code, message).toBe('ERR_HERMES_INCOMPATIBLE_LAYOUT');
      expect(message).toContain(file);
      expect(message).toContain(shown);
      expect(message).toContain('hermes rm --force');
    }
    expect(fs.readFileSync(file).equals(content)).toBe(true);
    expect(fs.readdirSync(directory).filter((name) => name.startsWith('.bell-'))).toEqual([]);
  });

  test('may be looked at', () => {
    const { directory } = requiring(bits);
    expect(inspectSegment('ticks', { directory }).unknownRequirements).toBe(bits);
    expect(listSegments({ directory }).map(({ segment }) => segment?.unknownRequirements)).toEqual([bits]);
  });
});

test('removal of a segment that requires something unknown may be forced', () => {
  const { directory } = requiring(2);
  removeSegment('ticks', { directory, force: true });
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('the coordinator leaves a segment alone that requires something unknown, and says why', () => {
  const { directory, file, content } = requiring(2);
  using coordinator = new Coordinator({ directory });
  expect(coordinator.segments).toMatchObject({
    ticks: { error: expect.stringMatching(/^ERR_HERMES_INCOMPATIBLE_LAYOUT.*REQUIRED 0x2/) },
  });
  expect(fs.readFileSync(file).equals(content)).toBe(true);
});

test.each([0, 1])('a segment of layout 1.%d, which knew no REQUIRED, is served', (minor) => {
  const { directory } = changed((content) => sealed(content, P.LAYOUT_MINOR_OFFSET, minor));
  using producer = attachProducer('ticks', { directory });
  using consumer = attachConsumer('ticks', { directory });
  producer.offer(Buffer.from('through'));
  const seen: string[] = [];
  consumer.poll((message) => seen.push(message.payload.toString()));
  expect(seen).toEqual(['through']);
  expect(inspectSegment('ticks', { directory })).toMatchObject({ layout: `1.${minor}`, unknownRequirements: 0 });
});

test('a new segment requires nothing', () => {
  const { content } = changed((fresh) => fresh);
  expect(content.readUInt32LE(P.REQUIRED_OFFSET)).toBe(0);
  expect(content.readUInt32LE(P.LAYOUT_MINOR_OFFSET)).toBe(P.LAYOUT_MINOR);
});
