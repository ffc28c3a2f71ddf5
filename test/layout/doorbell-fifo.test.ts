import { expect, test } from 'vitest';
import { isName } from '../../src/broker/segment-name.js';
import { fifoPrefix, memberFifoName, producerFifoName } from '../../src/layout/doorbell-fifo.js';

const ID = Uint8Array.from({ length: 16 }, (_, i) => i * 17);
const PREFIX = '.bell-00112233445566778899aabbccddeeff-';

test('a FIFO is named after the segment’s id and the slot', () => {
  expect(fifoPrefix(ID)).toBe(PREFIX);
  expect(producerFifoName(ID, 0)).toBe(`${PREFIX}p0`);
  expect(producerFifoName(ID, 255)).toBe(`${PREFIX}p255`);
  expect(memberFifoName(ID, 12, 3)).toBe(`${PREFIX}m12.3`);
});

test('no two slots share a name, and none of them can be a segment’s', () => {
  const names = new Set<string>();
  for (let lane = 0; lane < 256; lane++) names.add(producerFifoName(ID, lane));
  for (let group = 0; group < 32; group++) {
    for (let member = 0; member < 32; member++) names.add(memberFifoName(ID, group, member));
  }
  expect(names.size).toBe(256 + 32 * 32);
  expect([...names].some((name) => isName(name))).toBe(false);
});
