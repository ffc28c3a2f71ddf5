import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { CommandLine } from './command-line.js';
import { type Place, receiveTexts } from './segment-traffic.js';

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'logs', directory: cli.directory };
  await cli.runHere(['create', 'logs']);
});

/** What is in the segment after `produce` has been given this on its stdin. */
async function sentOf(input: string | Uint8Array): Promise<string[]> {
  expect(await cli.run(['produce', 'logs'], input)).toMatchObject({ code: 0, stdout: Buffer.alloc(0), stderr: '' });
  return receiveTexts(place);
}

describe('hermes produce: a line is a message', () => {
  test('without its newline; empty lines are empty messages, and carriage returns stay', async () => {
    expect(await sentOf('first\n\r\n\n second \r\nlast\n')).toEqual(['first', '\r', '', ' second \r', 'last']);
  });

  test('also the last one without a newline', async () => {
    expect(await sentOf('first\nlast')).toEqual(['first', 'last']);
  });

  test('nothing is nothing', async () => {
    expect(await sentOf('')).toEqual([]);
  });

  test('whatever its bytes are', async () => {
    const junk = randomBytes(300_000);
    expect((await sentOf(junk)).join('\n')).toBe(junk.toString('latin1').replace(/\n$/, ''));
  });

  test('of 65,536 bytes at most', async () => {
    const longest = 'x'.repeat(65_536);
    expect(await sentOf(`${longest}\nnext\n`)).toEqual([longest, 'next']);
  });

  test('also when it comes through a pipe byte by byte', async () => {
    const text = 'Grüße\n\nzwei Zeilen\r\nohne Ende';
    const producer = cli.start(['produce', 'logs']);
    const bytes = Buffer.from(text);
    for (let start = 0, length = 1; start < bytes.length; start += length, length = (length % 7) + 1) {
      producer.write(bytes.subarray(start, start + length));
      await nextTurn();
    }
    expect(await producer.end()).toMatchObject({ code: 0 });
    const texts = receiveTexts(place).map((latin1) => Buffer.from(latin1, 'latin1').toString());
    expect(texts).toEqual(text.split('\n'));
  });
});

describe('hermes produce: a line that is longer than the largest payload', () => {
  const tooLong = 'x'.repeat(65_537);
  const before = Array.from({ length: 1000 }, (_, number) => `line ${number}`);
  const input = `${before.join('\n')}\n${tooLong}\nafter\n`;

  function expectLineNamed({ code, stdout, stderr }: Outcome, source: string): void {
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`ERR_HERMES_PAYLOAD_TOO_LARGE: ${source}: line 1001 has more than 65536 bytes`);
    expect(stderr.length).toBeLessThan(1000); // not the line itself
    expect(receiveTexts(place)).toEqual(before);
  }

  test('in a file: all before it is sent, nothing after it, and file and line are named', async () => {
    const file = path.join(scratchDirectory(), 'app.log');
    fs.writeFileSync(file, input);
    expectLineNamed(await cli.run(['produce', 'logs', file]), file);
  });

  test('on stdin likewise', async () => {
    expectLineNamed(await cli.run(['produce', 'logs'], input), 'stdin');
  });

  test('without an end: refused as soon as it is too long', async () => {
    const producer = cli.start(['produce', 'logs']);
    producer.write(`${before.join('\n')}\n${tooLong}`);
    expectLineNamed(await producer.ended, 'stdin'); // its stdin is still open
  });
});
