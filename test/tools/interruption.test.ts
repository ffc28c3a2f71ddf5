import fs from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { inspectSegment } from '../../src/index.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';
import {
  lanes,
  livingMembers,
  type Place,
  publishedCount,
  receive,
  send,
  untilMember,
  untilProducer,
} from './segment-traffic.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  await cli.runHere(['create', 'ticks', '--producers', '1', '--capacity', '16MiB']);
});

/** What `hermes inspect --json` says of who is attached: the pids in the slots, alive or not. */
async function pidsInSlots(): Promise<number[]> {
  const { stdout } = await cli.runHere(['inspect', 'ticks', '--json']);
  const inspection = JSON.parse(stdout.toString()) as ReturnType<typeof inspectSegment>;
  const members = inspection.groups.flatMap((group) => group.members);
  return [...inspection.lanes.flatMap(({ producer }) => producer ?? []), ...members].map(({ pid }) => pid);
}

describe.each(SIGNALS)('%s', (signal) => {
  test('to a consumer that waits: it detaches and succeeds', async () => {
    const consumer = cli.start(['consume', 'ticks', '--group', 'audit']);
    await untilMember(place, consumer.pid, 'audit');
    expect(await pidsInSlots()).toEqual([consumer.pid]);
    const { code, stderr } = await consumer.kill(signal);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await pidsInSlots()).toEqual([]);
    expect(inspectSegment('ticks', { directory: place.directory }).groups.map(({ name }) => name)).toEqual(['default']);
  });

  test('to a producer that waits for input: it detaches, and fails as it was interrupted', async () => {
    const producer = cli.start(['produce', 'ticks']);
    await untilProducer(place, producer.pid);
    producer.write('a\nb\n');
    await until(() => publishedCount(place) === 2);
    expect(await pidsInSlots()).toEqual([producer.pid]);
    const { code, stderr } = await producer.kill(signal); // its stdin is still open
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'hermes: interrupted after 2 messages\n' });
    expect(await pidsInSlots()).toEqual([]);
  });

  test('to a producer that waits for room: likewise, with the messages that fitted sent', async () => {
    const producer = cli.start(['produce', 'ticks']);
    producer.write(`${'x'.repeat(60_000)}\n`.repeat(400));
    await until(() => (lanes(place)[0]?.backPressured ?? 0) > 0);
    const { code, stderr } = await producer.kill(signal);
    const sent = receive(place).length;
    expect({ code, stderr }).toEqual({ code: 1, stderr: `hermes: interrupted after ${sent} messages\n` });
    expect(sent).toBeGreaterThan(200);
    expect(await pidsInSlots()).toEqual([]);
  });

  test('to a producer that keeps to a rate: it does not sleep the rest of its second', async () => {
    const producer = cli.start(['produce', 'ticks', '--rate', '0.001']);
    producer.write('a\nb\n');
    await until(() => publishedCount(place) === 1);
    expect(await producer.kill(signal)).toMatchObject({ code: 1, signal: null });
    expect(receive(place)).toHaveLength(1);
  });
});

test('a consumer with much to read is interrupted all the same, and loses nothing', async () => {
  const count = 200_000;
  send(place, Array<string>(count).fill('x'));
  const output = fs.openSync('/dev/null', 'w'); // it takes all, at once
  const options = { stdio: ['ignore', output, 'pipe'] as ['ignore', number, 'pipe'] };
  const consumer = cli.start(['consume', 'ticks', '--format', 'json'], options);
  fs.closeSync(output);
  await untilMember(place, consumer.pid);
  await until(() => inspectSegment('ticks', { directory: place.directory }).groups[0]!.lagLength < count * 64);
  const { code } = await consumer.kill('SIGINT');
  expect(code).toBe(0);
  expect(livingMembers(place, 'default')).toEqual([]);
  const rest = receive(place).map(({ sequence }) => sequence);
  expect(rest.length).toBeGreaterThan(0);
  expect(rest).toEqual(rest.map((_, index) => count - rest.length + index));
});

test('a command that was stopped goes on where it was', async () => {
  const consumer = cli.start(['consume', 'ticks', '--count', '2']);
  await untilMember(place, consumer.pid);
  process.kill(consumer.pid, 'SIGSTOP');
  send(place, ['a', 'b']);
  process.kill(consumer.pid, 'SIGCONT');
  expect(await consumer.ended).toMatchObject({ code: 0, stdout: Buffer.from('a\nb\n') });
});
