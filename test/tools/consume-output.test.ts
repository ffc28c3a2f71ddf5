import { beforeEach, describe, expect, test } from 'vitest';
import { attachProducer } from '../../src/index.js';
import { CommandLine, jsonLines } from './command-line.js';
import { lengthPrefixed } from './length-prefixed.js';
import { type Place, receiveTexts, send } from './segment-traffic.js';

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  await cli.runHere(['create', 'ticks']);
});

async function consume(...options: string[]): Promise<Buffer> {
  const { code, stdout, stderr } = await cli.run(['consume', 'ticks', ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('hermes consume --format', () => {
  const payloads = ['one', '', 'drei\0\xff', '{"five": 5}'].map((text) => Buffer.from(text, 'latin1'));

  test('lines, the default: each with a newline after it, whatever is in it', async () => {
    send(place, payloads);
    expect((await consume('--drain')).toString('latin1')).toBe('one\n\ndrei\0\xff\n{"five": 5}\n');
  });

  test('length-prefixed: each after its length', async () => {
    send(place, payloads);
    expect(await consume('--drain', '--format', 'length-prefixed')).toEqual(lengthPrefixed(payloads));
  });

  test('json: an object a line, with lane, sequence, time, type and payload', async () => {
    const beforeNs = BigInt(Date.now()) * 1_000_000n;
    {
      using first = attachProducer('ticks', { directory: cli.directory });
      using second = attachProducer('ticks', { directory: cli.directory });
      first.offer(payloads[0]!);
      second.offer(payloads[1]!, 7);
      first.offer(payloads[2]!, 239);
      second.offer(payloads[3]!);
    }
    const objects = jsonLines<Record<string, unknown>>(await consume('--drain', '--format', 'json'));
    const time = expect.stringMatching(/^\d{19}$/);
    const fields = (lane: number, sequence: number, type: number, payload: Buffer) => ({
      ...{ lane, sequence, timestamp: time, type },
      payload: payload.toString('base64'),
    });
    const ofLane = (wanted: number) => objects.filter(({ lane }) => lane === wanted);
    expect(objects).toHaveLength(4);
    expect(ofLane(0)).toEqual([fields(0, 0, 1, payloads[0]!), fields(0, 1, 239, payloads[2]!)]);
    expect(ofLane(1)).toEqual([fields(1, 0, 7, payloads[1]!), fields(1, 1, 1, payloads[3]!)]);
    for (const { timestamp } of objects) {
      const ageMs = Number((BigInt(timestamp as string) - beforeNs) / 1_000_000n);
      expect(Math.abs(ageMs)).toBeLessThan(60_000);
    }
  });

  test('json of a segment without timestamps: time 0', async () => {
    await cli.runHere(['create', 'untimed', '--no-timestamps']);
    send({ ...place, name: 'untimed' }, ['x']);
    const { stdout } = await cli.run(['consume', 'untimed', '--drain', '--format', 'json']);
    expect(jsonLines(stdout)).toEqual([{ lane: 0, sequence: 0, timestamp: '0', type: 1, payload: 'eA==' }]);
  });
});

describe('hermes consume --count', () => {
  const numbers = Array.from({ length: 3000 }, (_, number) => `${number}`);

  test('ends after so many, and leaves the others to the next', async () => {
    send(place, numbers);
    expect((await consume('--count', '1')).toString()).toBe('0\n');
    const output = (await consume('--count', '1500')).toString();
    expect(output).toBe(`${numbers.slice(1, 1501).join('\n')}\n`);
    expect(receiveTexts(place)).toEqual(numbers.slice(1501));
  });

  test('0 reads nothing', async () => {
    send(place, numbers);
    expect((await consume('--count', '0')).toString()).toBe('');
    expect(receiveTexts(place)).toEqual(numbers);
  });

  test('waits until there are so many', async () => {
    const consumer = cli.start(['consume', 'ticks', '--count', '3']);
    send(place, ['a', 'b']);
    send(place, ['c']);
    expect(await consumer.ended).toMatchObject({ code: 0, stdout: Buffer.from('a\nb\nc\n') });
  });
});
