import { expect, test } from 'vitest';
import { isFifoOf, memberFifoName, producerFifoName } from '../../src/layout/doorbell-fifo.js';
import { isName } from '../../src/segment/segment-name.js';

const OWNER = { segmentId: Uint8Array.from({ length: 16 }, (_, i) => i * 17), inode: 2n ** 63n + 1n };
const PREFIX = '.bell-00112233445566778899aabbccddeeff-9223372036854775809-';

test('a FIFO is named after the segment’s id, its file’s inode and the slot', () => {
  expect(producerFifoName(OWNER, 0)).toBe(`${PREFIX}p0`);
  expect(producerFifoName(OWNER, 255)).toBe(`${PREFIX}p255`);
  expect(memberFifoName(OWNER, 12, 3)).toBe(`${PREFIX}m12.3`);
});

test('no two slots share a name, and none of them can be a segment’s', () => {
  const names = new Set<string>();
  for (let lane = 0; lane < 256; lane++) names.add(producerFifoName(OWNER, lane));
  for (let group = 0; group < 32; group++) {
    for (let member = 0; member < 32; member++) names.add(memberFifoName(OWNER, group, member));
  }
  expect(names.size).toBe(256 + 32 * 32);
  expect([...names].some((name) => isName(name))).toBe(false);
});

test('a FIFO is of one inode, whatever the id', () => {
  const names = [producerFifoName(OWNER, 0), memberFifoName({ ...OWNER, segmentId: new Uint8Array(16) }, 1, 2)];
  for (const name of names) {
    expect(isFifoOf(OWNER.inode, name)).toBe(true);
    expect(isFifoOf(OWNER.inode - 1n, name)).toBe(false); // the same as a JavaScript number
    expect(isFifoOf(OWNER.inode, name.slice(1))).toBe(false);
  }
  expect(isFifoOf(1n, producerFifoName({ ...OWNER, inode: 11n }, 1))).toBe(false);
  expect(isFifoOf(OWNER.inode, '.bell-')).toBe(false);
});
