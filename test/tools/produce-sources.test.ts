import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';
import { type Place, publishedCount, receive, receiveTexts, send } from './segment-traffic.js';

let cli: CommandLine;
let place: Place;
let inputs: string;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'logs', directory: cli.directory };
  inputs = scratchDirectory();
});

function writeInput(name: string, content: string): string {
  const file = path.join(inputs, name);
  fs.writeFileSync(file, content);
  return file;
}

describe('hermes produce: where messages come from', () => {
  beforeEach(() => cli.runHere(['create', 'logs']));

  test('several files one after the other, and stdin where there is a -', async () => {
    const files = [writeInput('one', 'a\nb'), '-', writeInput('two', 'c\n')];
    expect(await cli.run(['produce', 'logs', ...files], 'from stdin\n')).toMatchObject({ code: 0 });
    expect(receiveTexts(place)).toEqual(['a', 'b', 'from stdin', 'c']);
  });

  test('a file that is missing is a wrong command line, after those before it were sent', async () => {
    const missing = path.join(inputs, 'missing');
    const files = [writeInput('one', 'a\n'), missing, writeInput('two', 'b\n')];
    const { code, stderr } = await cli.run(['produce', 'logs', ...files]);
    expect(code).toBe(2);
    expect(stderr).toContain(missing);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(receiveTexts(place)).toEqual(['a']);
  });

  test('a directory is none', async () => {
    const { code, stderr } = await cli.run(['produce', 'logs', inputs]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(inputs) });
  });

  test('a faulty line is counted within its file', async () => {
    const long = writeInput('long', `ok\n${'x'.repeat(70_000)}\n`);
    const { code, stderr } = await cli.run(['produce', 'logs', writeInput('one', 'a\nb\nc\n'), long]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${long}: line 2 has`);
    expect(receiveTexts(place)).toEqual(['a', 'b', 'c', 'ok']);
  });
});

describe('hermes produce --create', () => {
  test('creates the segment with the defaults when there is none', async () => {
    expect(await cli.run(['produce', 'logs', '--create'], 'a\n')).toMatchObject({ code: 0 });
    expect(receiveTexts(place)).toEqual(['a']);
  });

  test('uses the one that is there', async () => {
    await cli.runHere(['create', 'logs', '--producers', '1', '--capacity', '64KiB']);
    send(place, ['before']);
    expect(await cli.run(['produce', 'logs', '--create'], 'a\n')).toMatchObject({ code: 0 });
    expect(receiveTexts(place)).toEqual(['before', 'a']);
  });
});

describe('hermes produce --type', () => {
  test('is the type of the messages; 1 without', async () => {
    await cli.runHere(['create', 'logs']);
    await cli.run(['produce', 'logs'], 'plain\n');
    for (const type of ['239', '7']) await cli.run(['produce', 'logs', '--type', type], 'typed\n');
    expect(receive(place).map(({ type }) => type)).toEqual([1, 239, 7]);
  });
});

describe('hermes produce --rate', () => {
  /** The longest that is made up for after a hold-up, and then some for the rounding of timers. */
  const SLACK_SECONDS = 0.11;

  /** Seconds from the first of these messages to the last, by the segment's clock. */
  const span = (messages: readonly { readonly timestamp: bigint }[]) =>
    Number(messages.at(-1)!.timestamp - messages[0]!.timestamp) / 1e9;

  beforeEach(() => cli.runHere(['create', 'logs']));

  test('sends no faster than that, and all of it', async () => {
    const lines = Array.from({ length: 201 }, (_, number) => `${number}`);
    expect(await cli.run(['produce', 'logs', '--rate', '400'], lines.join('\n'))).toMatchObject({ code: 0 });
    const messages = receive(place);
    expect(messages.map(({ payload }) => payload.toString())).toEqual(lines);
    expect(span(messages)).toBeGreaterThan(200 / 400 - SLACK_SECONDS);
  });

  test('does not make up for a time in which there was nothing to send', async () => {
    const producer = cli.start(['produce', 'logs', '--rate', '50']);
    producer.write('first\n');
    await until(() => publishedCount(place) === 1);
    await sleep(1000);
    await producer.end('more\n'.repeat(26));
    const [, ...late] = receive(place);
    expect(late).toHaveLength(26);
    expect(span(late)).toBeGreaterThan(25 / 50 - SLACK_SECONDS);
  });
});
