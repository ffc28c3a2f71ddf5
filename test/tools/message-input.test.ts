import { describe, expect, test } from 'vitest';
import { type InputFormat, messageInput } from '../../src/tools/message-input.js';
import { lengthPrefixed } from './length-prefixed.js';

const MAX_PAYLOAD = 40;

interface Cut {
  readonly payloads: string[];
  readonly fault: string | undefined;
}

/** What an input makes of chunks: the payloads that come out, and the fault that ends it. */
function cut(format: InputFormat, chunks: readonly Buffer[]): Cut {
  const input = messageInput(format, MAX_PAYLOAD, 'the file');
  const payloads: string[] = [];
  const collect = (payload: Buffer) => payloads.push(payload.toString('latin1'));
  try {
    for (const chunk of chunks) input.push(chunk, collect);
    input.end(collect);
  } catch (error) {
    return { payloads, fault: (error as Error).message };
  }
  return { payloads, fault: undefined };
}

/** The stream in every way to cut it in two, and in pieces of 1 to 7 bytes. */
function* everyChunking(stream: Buffer): Generator<Buffer[]> {
  for (let at = 0; at <= stream.length; at++) yield [stream.subarray(0, at), stream.subarray(at)];
  for (let length = 1; length <= 7; length++) {
    yield Array.from({ length: Math.ceil(stream.length / length) }, (_, piece) =>
      stream.subarray(piece * length, (piece + 1) * length),
    );
  }
}

function prefixed(...payloads: readonly string[]): Buffer {
  return lengthPrefixed(payloads.map((payload) => Buffer.from(payload, 'latin1')));
}

const PAYLOADS = ['first', '', '\0\xff\r', '', 'x'.repeat(MAX_PAYLOAD), 'last'];

describe('lines, wherever the chunks end', () => {
  test.each([
    ['', []],
    ['\n', ['']],
    ['one', ['one']],
    ['one\n', ['one']],
    ['one\r\ntwo\n\n\nthree\r', ['one\r', 'two', '', '', 'three\r']],
    [`${PAYLOADS.join('\n')}\n`, PAYLOADS],
  ])('%j', (text, payloads) => {
    for (const chunks of everyChunking(Buffer.from(text, 'latin1'))) {
      expect(cut('lines', chunks)).toEqual({ payloads, fault: undefined });
    }
  });

  test('a line that is too long is named, however it comes, and nothing comes out after those before it', () => {
    const stream = Buffer.from(`one\ntwo\n${'x'.repeat(MAX_PAYLOAD + 1)}\nfour\n`);
    for (const chunks of everyChunking(stream)) {
      const { payloads, fault } = cut('lines', chunks);
      expect(payloads).toEqual(['one', 'two']);
      expect(fault).toMatch(/^the file: line 3 has more than 40 bytes.*--max-payload/);
    }
  });
});

describe('length-prefixed messages, wherever the chunks end', () => {
  test('come out as they went in', () => {
    for (const chunks of everyChunking(prefixed(...PAYLOADS))) {
      expect(cut('length-prefixed', chunks)).toEqual({ payloads: PAYLOADS, fault: undefined });
    }
    expect(cut('length-prefixed', [])).toEqual({ payloads: [], fault: undefined });
  });

  test('one that is too large is named, without waiting for its bytes', () => {
    const [small, large] = [prefixed('one', 'two'), prefixed('x'.repeat(MAX_PAYLOAD + 1))];
    for (const chunks of everyChunking(Buffer.concat([small, large.subarray(0, 4)]))) {
      const { payloads, fault } = cut('length-prefixed', chunks);
      expect(payloads).toEqual(['one', 'two']);
      expect(fault).toMatch(/^the file: message 3 has 41 bytes.*carries 40/);
    }
  });

  test('a stream that is cut in the middle of one, at whatever byte, is told from one that ends', () => {
    const whole = prefixed('one', 'two', 'three');
    const ends = [0, 7, 14, whole.length];
    for (let length = 0; length <= whole.length; length++) {
      const { payloads, fault } = cut('length-prefixed', [whole.subarray(0, length)]);
      const complete = ends.filter((end) => end <= length).length - 1;
      expect(payloads).toEqual(['one', 'two', 'three'].slice(0, complete));
      if (ends.includes(length)) expect(fault).toBeUndefined();
      else expect(fault).toMatch(new RegExp(`^the file ends in the middle of message ${complete + 1}\\b`));
    }
  });
});
