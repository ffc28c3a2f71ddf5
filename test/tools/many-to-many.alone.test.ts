import { describe, expect, test } from 'vitest';
import { CommandLine, jsonLines } from './command-line.js';
import { type Place, untilMember, untilProducer } from './segment-traffic.js';

const PRODUCERS = ['anna', 'ben', 'cleo', 'dan'];
const GROUPS = ['default', 'audit', 'billing'];
const LINES_EACH = 5000;

interface MessageJson {
  readonly lane: number;
  readonly sequence: number;
  readonly payload: string;
}

const linesOf = (producer: string) => Array.from({ length: LINES_EACH }, (_, number) => `${producer} ${number}`);

/** What each group of a segment receives when four producers and all groups are at it at once, through lanes of 64 KiB. */
async function exchange(format: 'lines' | 'json'): Promise<string[]> {
  const cli = new CommandLine();
  const place: Place = { name: 'ticks', directory: cli.directory };
  await cli.runHere(['create', 'ticks', '--producers', '4', '--max-groups', '3', '--capacity', '64KiB']);
  const consumers = GROUPS.map((group) =>
    cli.start(['consume', 'ticks', '--drain', '--group', group, '--format', format]),
  );
  await Promise.all(consumers.map(({ pid }, index) => untilMember(place, pid, GROUPS[index])));
  const producers = PRODUCERS.map(() => cli.start(['produce', 'ticks']));
  // All are there before the first begins: otherwise the consumers might find that the early ones have come and gone.
  await Promise.all(producers.map(({ pid }) => untilProducer(place, pid)));
  const sent = producers.map((producer, index) => producer.end(`${linesOf(PRODUCERS[index]!).join('\n')}\n`));
  for (const { code, stderr } of await Promise.all(sent)) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const received = await Promise.all(consumers.map(({ ended }) => ended));
  for (const { code, stderr } of received) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return received.map(({ stdout }) => stdout.toString());
}

describe('four producers and three groups at once', () => {
  test('lines: every group gets every producer’s lines, in order', async () => {
    for (const output of await exchange('lines')) {
      const lines = output.split('\n');
      expect(lines.pop()).toBe('');
      expect(lines).toHaveLength(PRODUCERS.length * LINES_EACH);
      for (const producer of PRODUCERS) {
        expect(lines.filter((line) => line.startsWith(`${producer} `))).toEqual(linesOf(producer));
      }
    }
  });

  test('json: every lane is in sequence, and has the lines of one producer', async () => {
    for (const output of await exchange('json')) {
      const messages = jsonLines<MessageJson>(output);
      const lanes = [0, 1, 2, 3].map((wanted) => messages.filter(({ lane }) => lane === wanted));
      expect(lanes.flat()).toHaveLength(PRODUCERS.length * LINES_EACH);
      for (const lane of lanes) {
        expect(lane.map(({ sequence }) => sequence)).toEqual(lane.map((_, index) => index));
        const texts = lane.map(({ payload }) => Buffer.from(payload, 'base64').toString());
        expect(texts).toEqual(linesOf(texts[0]!.split(' ')[0]!));
      }
    }
  });
});
