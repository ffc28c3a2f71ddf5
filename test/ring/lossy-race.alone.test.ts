import path from 'node:path';
import { expect, test } from 'vitest';
import { PREAMBLE_LENGTH } from '../../src/layout/preamble.js';
import { headAndSequence } from '../../src/ring/head.js';
import { Child } from '../support/child.js';
import { lossyReader, setGroupState } from '../support/lane-state.js';
import { rawSegment, SEGMENT_NAME } from '../support/raw-segment.js';

/** The writer ends when the reader has had enough, at the latest after so many. */
const MOST_MESSAGES = 5_000_000;
const ENOUGH = 5_000;

/** A word of the preamble that nobody uses: the reader tells the writer to end. */
const STOP_INDEX = PREAMBLE_LENGTH / 4 - 1;

/** Every byte of a message follows from its sequence: its length, and 32-bit words that are all the same. */
const WRITER = `
  import { openSegment } from 'hermes:segment/segment.js';
  import { LaneWriter } from 'hermes:ring/lane-writer.js';
  const { memory } = openSegment(process.argv[1], { directory: process.argv[2] }, 'read-write');
  const writer = new LaneWriter(memory, 0);
  const buffer = Buffer.alloc(2048);
  const words = new Int32Array(buffer.buffer, buffer.byteOffset, 512);
  console.log('ready');
  let sequence = 0;
  for (; sequence < ${MOST_MESSAGES} && Atomics.load(memory.words, ${STOP_INDEX}) === 0; sequence++) {
    const count = 1 + sequence % 509;
    words.fill(Math.imul(sequence, 2654435761), 0, count);
    if (sequence % 3 === 0) {
      const offset = writer.tryClaim(count * 4, 1, 1);
      memory.bytes.set(buffer.subarray(0, count * 4), offset);
      writer.commit();
    } else if (writer.offer(buffer.subarray(0, count * 4), 1) < 0) throw new Error('refused');
  }
  console.log(sequence);
  process.exit();`;

test.each([false, true])(
  'a lapped reader never takes a torn message, and loses no count (checksums: %s)',
  async (checksum) => {
    const segment = rawSegment({ checksum, maxPayload: 2048 });
    const { memory } = segment;
    setGroupState(memory, 0, 0);
    const reader = lossyReader(memory);
    let [received, lost, next, fault] = [0, 0, 0, ''];
    const poll = (limit: number) =>
      reader.poll((message) => {
        const { sequence, buffer, offset, length } = message;
        const word = Math.imul(sequence, 2654435761);
        if (length !== 4 * (1 + (sequence % 509))) fault ||= `message ${sequence} has ${length} bytes`;
        for (let at = offset; at < offset + length; at += 4) {
          if (buffer.readInt32LE(at) !== word) fault ||= `message ${sequence} is torn at ${at - offset}`;
        }
        if (sequence !== next + message.lost) fault ||= `message ${sequence} after ${next - 1}, ${message.lost} lost`;
        lost += message.lost;
        received++;
        next = sequence + 1;
      }, limit);
    const child = Child.start(WRITER, SEGMENT_NAME, path.dirname(segment.path));
    await child.line();
    let isEnded = false;
    const ended = child.line().then((count) => {
      isEnded = true;
      return Number(count);
    });
    // It reads on the writer's heels for a while, then gives way, so that it is lapped on machines of any speed.
    for (let round = 0; !isEnded; round++) {
      for (let polls = 0; polls < 5000; polls++) poll(1 + (polls % 50));
      if (received > ENOUGH && lost > ENOUGH) Atomics.store(memory.words, STOP_INDEX, 1);
      await new Promise((resolve) => setTimeout(resolve, round % 8 === 0 ? 1 : 0));
    }
    const written = await ended;
    while (poll(1000) > 0);
    expect(fault).toBe('');
    expect(received + lost).toBe(next);
    expect(reader.lost).toBe(lost);
    expect(headAndSequence(memory, 0)?.sequence).toBe(written);
    expect(received).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(0);
  },
);
