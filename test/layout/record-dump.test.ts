import { expect, test, vi } from 'vitest';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { blockAfter } from '../support/layout-document.js';
import { rawSegment } from '../support/raw-segment.js';

// Before Hermes is loaded, which keeps the clock that it finds.
const clock = vi.hoisted(() => vi.spyOn(process.hrtime, 'bigint'));

const PUBLISHED_AT_NS = 1_700_000_000_123_456_789n;
const LANE = 1;
const POSITION = 128;
const LENGTH = 64;

/** Sixteen bytes a line: offset, hexadecimal, ASCII; as `hexdump -C` prints them. */
function dump(bytes: Buffer): string {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0'));
    const halves = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`;
    const text = row.toString('latin1').replaceAll(/[^ -~]/g, '.');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${halves}  |${text}|`);
  }
  return `${lines.join('\n')}\n`;
}

test('the record that docs/layout.md dumps is what the code writes', () => {
  const { memory } = rawSegment({ producers: 2, checksum: true });
  clock.mockReturnValue(PUBLISHED_AT_NS - memory.clockOffsetNs);
  try {
    const writer = new LaneWriter(memory, LANE);
    writer.offer(Buffer.from('a'), 1);
    writer.offer(Buffer.from('b'), 1);
    expect(writer.offer(Buffer.from('hello, ring'), 5)).toBe(POSITION + LENGTH);
  } finally {
    clock.mockRestore();
  }
  const start = memory.sections.lanesOffset + LANE * memory.geometry.laneCapacity + POSITION;
  expect(blockAfter('<!-- record dump')).toBe(dump(memory.bytes.subarray(start, start + LENGTH)));
});
