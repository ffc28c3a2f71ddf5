import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { laneReader } from '../support/lane-state.js';
import { blockAfter } from '../support/layout-document.js';
import { rawSegment } from '../support/raw-segment.js';

const script = blockAfter('## 15. A reader in Python');
const hasPython = spawnSync('python3', ['-c', 'import mmap, struct, zlib']).status === 0;
const LANE = 1;

function read(path: string, position: number): { lines: string[]; complaint: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync('python3', ['-', path, String(LANE), String(position)], {
    input: script,
    encoding: 'utf8',
  });
  return { lines: stdout.split('\n').slice(0, -1), complaint: stderr, status };
}

test.skipIf(!hasPython).each([true, false])(
  'the Python reader of docs/layout.md prints a lane (checksums: %s)',
  (checksum) => {
    const segment = rawSegment({ producers: 2, checksum });
    const { memory } = segment;
    const writer = new LaneWriter(memory, LANE);
    const reader = laneReader(memory, LANE);
    const expected: string[] = [];
    let readFrom = 0;
    // Records of several lengths, more than a lane of them, so that padding at the lane's end is met.
    for (let i = 0; i < 200; i++) {
      const payload = Buffer.alloc((i * 37) % 1500, i);
      const type = 1 + (i % 239);
      const before = writer.position;
      while (writer.offer(payload, type) < 0) {
        readFrom = writer.position;
        reader.poll((message) => {
          if (message.sequence === i - 40) reader.stop();
        }, 1000);
      }
      const record = 32 * Math.ceil((32 + payload.length) / 32);
      expect(writer.position - before).toBeGreaterThanOrEqual(record);
      expected.push(`${writer.position - record} ${i} ${type} ${payload.toString('hex')}`);
    }
    expect(readFrom).toBeGreaterThan(0);
    const from = expected.find((line) => Number(line.split(' ')[0]) >= writer.position - 60_000)!;
    const { lines, complaint, status } = read(segment.path, Number(from.split(' ')[0]));
    expect(complaint).toBe('');
    expect(status).toBe(0);
    expect(lines.map((line) => line.split(' ').toSpliced(3, 1).join(' '))).toEqual(
      expected.slice(expected.indexOf(from)),
    );
    expect(writer.position).toBeGreaterThan(memory.geometry.laneCapacity);
    for (const line of lines)
      expect(Math.abs(Number(BigInt(line.split(' ')[3]!) / 1_000_000n) - Date.now())).toBeLessThan(3_600_000);
    expect(read(segment.path, writer.position).lines).toEqual([]);
  },
);

test.skipIf(!hasPython)('the Python reader ends with an error at a damaged record', () => {
  const segment = rawSegment({ producers: 2, checksum: true });
  const { bytes, sections, geometry } = segment.memory;
  const writer = new LaneWriter(segment.memory, LANE);
  for (let i = 0; i < 3; i++) writer.offer(Buffer.alloc(10, i), 1);
  bytes[sections.lanesOffset + LANE * geometry.laneCapacity + 64 + 32]! ^= 1; // the second one's payload
  const { lines, complaint, status } = read(segment.path, 0);
  expect(lines.length).toBe(1);
  expect(status).toBe(1);
  expect(complaint).toContain('lane 1, position 64: wrong checksum');
});
