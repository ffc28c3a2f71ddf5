import { expect, test } from 'vitest';
import { RECORD_LENGTH_OFFSET } from '../../src/layout/record.js';
import { exactHead } from '../../src/ring/head.js';
import { laneOffset } from '../../src/ring/indices.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { lastPublicationNs } from '../../src/ring/last-publication.js';
import { rawSegment } from '../support/raw-segment.js';

const timed = (options: object = {}) => {
  const { memory } = rawSegment(options);
  return { memory, writer: new LaneWriter(memory, 0) };
};

test('the last message before a head, of those from a position on', () => {
  const { memory, writer } = timed();
  const [first, second, third] = [10, 100, 3].map((length) => writer.offer(Buffer.alloc(length), 1));
  const at = (from: number, to: number) => lastPublicationNs(memory, 0, from, to);
  expect(at(0, third!)).toBeGreaterThan(at(0, second!)!);
  expect(at(second!, third!)).toBe(at(0, third!));
  expect(at(0, first!)).toBe(memory.times[(laneOffset(memory, 0) + 16) / 8]);
  expect(at(third!, third!)).toBeUndefined();
});

test('nothing without timestamps, nor where there are no records', () => {
  const { memory, writer } = timed({ timestamps: false });
  writer.offer(Buffer.alloc(10), 1);
  expect(lastPublicationNs(memory, 0, 0, exactHead(memory, 0))).toBeUndefined();
  const damaged = timed();
  damaged.writer.offer(Buffer.alloc(10), 1);
  const head = exactHead(damaged.memory, 0);
  expect(lastPublicationNs(damaged.memory, 0, 32, head)).toBeUndefined();
  for (const length of [-1, -33, 0x7fff_ffff, 4096]) {
    damaged.memory.words[(laneOffset(damaged.memory, 0) + RECORD_LENGTH_OFFSET) >>> 2] = length;
    expect(lastPublicationNs(damaged.memory, 0, 0, head), `${length}`).toBeUndefined();
  }
});
