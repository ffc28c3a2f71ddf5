import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment, inspectSegment } from '../../src/index.js';
import { CommandLine, jsonLines } from './command-line.js';
import { type Place, receive, receiveTexts, send } from './segment-traffic.js';

const TEXTS = ['a', 'b', 'c', 'd'];

let cli: CommandLine;
const at = (): { directory: string } => ({ directory: cli.directory });
let place: Place;
beforeEach(() => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
});

async function output(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli.runHere(['consume', 'ticks', ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.toString();
}

describe('hermes consume --peek', () => {
  test('shows what is there and ends; it comes again to the next reader of the group', async () => {
    createSegment('ticks', at());
    send(place, TEXTS);
    expect(await output('--peek', '--count', '2')).toBe('a\nb\n');
    expect(await output('--peek')).toBe('a\nb\nc\nd\n');
    expect(await output('--count', '1')).toBe('a\n');
    expect(await output('--peek')).toBe('b\nc\nd\n');
    expect(receiveTexts(place)).toEqual(['b', 'c', 'd']);
    expect(await output('--peek')).toBe('');
  });

  test('shows more than a batch', async () => {
    createSegment('ticks', at());
    send(
      place,
      Array.from({ length: 3000 }, (_, i) => `${i}`),
    );
    expect((await output('--peek')).split('\n').length).toBe(3001);
    expect(inspectSegment('ticks', at()).groups[0]!.lagCount).toBe(3000);
  });

  test('of a shared group shows one batch, which another member gets', async () => {
    createSegment('ticks', { shared: true, ...at() });
    send(place, TEXTS);
    expect(await output('--peek')).toBe('a\nb\nc\nd\n');
    expect(receiveTexts(place)).toEqual(TEXTS);
  });

  test.each([['--drain'], ['--lossy']])('and %s is a wrong command line', async (option) => {
    createSegment('ticks', at());
    const { code, stderr } = await cli.runHere(['consume', 'ticks', '--peek', option]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`leave ${option} out`)]);
  });
});

describe('--format json', () => {
  test('has payloads in base64, with --text as text; what is no text is told from that', async () => {
    createSegment('ticks', at());
    const bytes = Buffer.from([0xff, 0, 0x80]);
    send(place, ['grün "x"\n', '', bytes]);
    const payloads = async (...options: string[]) =>
      jsonLines<{ payload: string; encoding?: string }>(await output('--peek', '--format', 'json', ...options)).map(
        ({ payload, encoding }) => [payload, encoding],
      );
    expect(await payloads()).toEqual([
      [Buffer.from('grün "x"\n').toString('base64'), undefined],
      ['', undefined],
      [bytes.toString('base64'), undefined],
    ]);
    expect(await payloads('--text')).toEqual([
      ['grün "x"\n', undefined],
      ['', undefined],
      [bytes.toString('base64'), 'base64'],
    ]);
    expect(receive(place).length).toBe(3);
  });

  test.each([
    ['consume', 'ticks'],
    ['replay', '/nowhere'],
  ])('%s --text needs it', async (...args) => {
    createSegment('ticks', at());
    const { code, stderr } = await cli.runHere([...args, '--text']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--text is for --format json/)]);
  });
});
