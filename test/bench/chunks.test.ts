import { expect, test } from 'vitest';
import { LENGTH_PREFIX_LENGTH, Unpacker, writePrefixed } from '../../bench/links/link.js';

test.each([1, 3, 4, 5, 17, 1000])('messages come out whole when their bytes come in pieces of %i', (pieceLength) => {
  const messages = [0, 1, 64, 5, 300].map((length, number) => Buffer.alloc(length, number));
  const bytes = Buffer.alloc(messages.reduce((sum, { length }) => sum + LENGTH_PREFIX_LENGTH + length, 0));
  let end = 0;
  for (const message of messages) end = writePrefixed(bytes, end, message);
  expect(end).toBe(bytes.length);

  const received: Buffer[] = [];
  const unpacker = new Unpacker((buffer, offset, length) => {
    received.push(Buffer.from(buffer.subarray(offset, offset + length)));
  });
  for (let at = 0; at < bytes.length; at += pieceLength) {
    // Used again for what comes next, as a socket does with its buffer.
    const piece = Buffer.from(bytes.subarray(at, at + pieceLength));
    unpacker.take(piece);
    piece.fill(0xff);
  }
  expect(received).toEqual(messages);
});
