import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { scratchDirectory } from '../support/scratch.js';
import { CommandLine } from './command-line.js';
import { lengthPrefixed } from './length-prefixed.js';
import { type Place, receivePayloads } from './segment-traffic.js';

const PRODUCE = ['produce', 'frames', '--format', 'length-prefixed'];

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'frames', directory: cli.directory };
  await cli.runHere(['create', 'frames']);
});

describe('hermes produce --format length-prefixed', () => {
  test('sends messages of 0 to 65,536 bytes, whatever is in them', async () => {
    const payloads = [0, 1, 0, 0, 10, 65_535, 65_536, 3].map((length) => randomBytes(length));
    const outcome = await cli.run(PRODUCE, lengthPrefixed(payloads));
    expect(outcome).toMatchObject({ code: 0, stdout: Buffer.alloc(0), stderr: '' });
    expect(receivePayloads(place)).toEqual(payloads);
  });

  test('also when they come through a pipe in pieces of 1 to 7 bytes', async () => {
    const payloads = [0, 1, 5, 31, 0, 64, 2].map((length) => randomBytes(length));
    const bytes = lengthPrefixed(payloads);
    const producer = cli.start(PRODUCE);
    for (let start = 0, length = 1; start < bytes.length; start += length, length = (length % 7) + 1) {
      producer.write(bytes.subarray(start, start + length));
      await nextTurn();
    }
    expect(await producer.end()).toMatchObject({ code: 0 });
    expect(receivePayloads(place)).toEqual(payloads);
  });

  test('consume gives back the same bytes', async () => {
    const input = lengthPrefixed(Array.from({ length: 300 }, (_, number) => randomBytes((number * 37) % 1000)));
    await cli.run(PRODUCE, input);
    const { code, stdout } = await cli.run(['consume', 'frames', '--drain', '--format', 'length-prefixed']);
    expect(code).toBe(0);
    expect(stdout.equals(input)).toBe(true);
  });
});

describe('hermes produce --format length-prefixed, of an input that is wrong', () => {
  const whole = ['one', '', 'three'].map((text) => Buffer.from(text));

  test('a message that is too large: named, with all before it sent and nothing after it', async () => {
    const tooLarge = lengthPrefixed([...whole, Buffer.alloc(65_537), Buffer.from('after')]);
    const { code, stdout, stderr } = await cli.run(PRODUCE, tooLarge);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('ERR_HERMES_PAYLOAD_TOO_LARGE: stdin: message 4 has 65537 bytes');
    expect(receivePayloads(place)).toEqual(whole);
  });

  test.each([
    ['its length', 2],
    ['its payload', 7],
  ])('a file that is cut in %s: an error, with all before it sent', async (_, cut) => {
    const file = path.join(scratchDirectory(), 'frames.bin');
    const complete = lengthPrefixed([...whole, Buffer.from('cut off')]);
    fs.writeFileSync(file, complete.subarray(0, lengthPrefixed(whole).length + cut));
    const { code, stdout, stderr } = await cli.run([...PRODUCE, file]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`${file} ends in the middle of message 4`);
    expect(receivePayloads(place)).toEqual(whole);
  });

  test('text that is not length-prefixed at all is refused', async () => {
    const { code, stderr } = await cli.run(PRODUCE, 'a line of text\n');
    expect(code).toBe(1);
    expect(stderr).toMatch(/stdin does not look length-prefixed: .*"a line of text.*--format lines.*nothing was sent/);
    expect(receivePayloads(place)).toEqual([]);
  });
});
