import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { attachProducer } from '../../src/index.js';
import type { Outcome, RunningCommand } from '../support/running-command.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';
import { offerAll, type Place, send, untilMember, untilProducer } from './segment-traffic.js';

/** Long enough for a consumer that would end to have done so: some hundred looks. */
const A_WHILE_MS = 300;

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'logs', directory: cli.directory };
  await cli.runHere(['create', 'logs']);
});

async function startDraining(): Promise<RunningCommand> {
  const consumer = cli.start(['consume', 'logs', '--drain']);
  await untilMember(place, consumer.pid);
  return consumer;
}

async function expectStillRunning(command: RunningCommand): Promise<void> {
  await sleep(A_WHILE_MS);
  expect(command.hasEnded).toBe(false);
}

function textOf({ code, stdout, stderr }: Outcome): string {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.toString();
}

describe('hermes consume --drain', () => {
  test('waits for a producer that has not come yet', async () => {
    const consumer = await startDraining();
    await expectStillRunning(consumer);
    await cli.run(['produce', 'logs'], 'a\nb\n');
    expect(textOf(await consumer.ended)).toBe('a\nb\n');
  });

  test('ends at once when all producers have been there and gone', async () => {
    send(place, ['a', 'b']);
    expect(textOf(await cli.run(['consume', 'logs', '--drain']))).toBe('a\nb\n');
    expect(textOf(await cli.run(['consume', 'logs', '--drain']))).toBe('');
  });

  test('waits as long as a producer is attached, even when all is read', async () => {
    const consumer = await startDraining();
    const producer = attachProducer('logs', { directory: place.directory });
    offerAll(producer, ['a', 'b']);
    await until(() => consumer.stdout.toString() === 'a\nb\n');
    await expectStillRunning(consumer);
    offerAll(producer, ['c']);
    producer.detach();
    expect(textOf(await consumer.ended)).toBe('a\nb\nc\n');
  });

  test('waits for the last of several producers', async () => {
    const consumer = await startDraining();
    const producers = ['a', 'b', 'c'].map((text) => {
      const producer = attachProducer('logs', { directory: place.directory });
      offerAll(producer, [text]);
      return producer;
    });
    producers[0]!.detach();
    producers[2]!.detach();
    await expectStillRunning(consumer);
    offerAll(producers[1]!, ['last']);
    producers[1]!.detach();
    expect(
      textOf(await consumer.ended)
        .trimEnd()
        .split('\n')
        .sort(),
    ).toEqual(['a', 'b', 'c', 'last']);
  });

  test('ends with all that was sent when the producer has been killed', async () => {
    const consumer = await startDraining();
    const producer = cli.start(['produce', 'logs']);
    await untilProducer(place, producer.pid);
    producer.write('a\nb\nnot complete');
    await until(() => consumer.stdout.toString() === 'a\nb\n');
    await expectStillRunning(consumer);
    expect(await producer.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    expect(textOf(await consumer.ended)).toBe('a\nb\n');
  });

  test('ends with --count too, whichever comes first', async () => {
    send(place, ['a', 'b']);
    expect(textOf(await cli.run(['consume', 'logs', '--drain', '--count', '1']))).toBe('a\n');
    expect(textOf(await cli.run(['consume', 'logs', '--drain', '--count', '10']))).toBe('b\n');
  });
});
