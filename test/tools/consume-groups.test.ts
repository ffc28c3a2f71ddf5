import { beforeEach, describe, expect, test } from 'vitest';
import { inspectSegment } from '../../src/index.js';
import type { RunningCommand } from '../support/running-command.js';
import { until } from '../support/until.js';
import { CommandLine, jsonLines } from './command-line.js';
import { type Place, receiveTexts, send, untilMember } from './segment-traffic.js';

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  await cli.runHere(['create', 'ticks', '--capacity', '64KiB']);
});

async function startConsumer(group: string, ...options: string[]): Promise<RunningCommand> {
  const consumer = cli.start(['consume', 'ticks', '--group', group, ...options]);
  await untilMember(place, consumer.pid, group);
  return consumer;
}

async function consume(...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli.run(['consume', 'ticks', ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.toString();
}

const groupNames = () => inspectSegment('ticks', { directory: place.directory }).groups.map(({ name }) => name);

describe('hermes consume --group', () => {
  test('every group gets every message', async () => {
    const consumers = [await startConsumer('audit', '--drain'), await startConsumer('billing', '--drain')];
    send(place, ['a', 'b', 'c']);
    for (const consumer of consumers) expect((await consumer.ended).stdout.toString()).toBe('a\nb\nc\n');
    expect(await consume('--drain')).toBe('a\nb\nc\n');
  });

  test('a new one begins with the latest, or with --from oldest at what is still held', async () => {
    send(place, ['held']);
    const [latest, oldest] = [await startConsumer('audit'), await startConsumer('replay', '--from', 'oldest')];
    send(place, ['new']);
    await until(() => latest.stdout.includes('new') && oldest.stdout.includes('new'));
    expect(latest.stdout.toString()).toBe('new\n');
    expect(oldest.stdout.toString()).toBe('held\nnew\n');
  });

  test('a new one is gone with its consumer, and holds nobody back', async () => {
    const consumer = await startConsumer('audit');
    expect(groupNames()).toEqual(['default', 'audit']);
    expect(await consumer.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(groupNames()).toEqual(['default']);
  });

  test('a durable one stays, and goes on where it was', async () => {
    expect(await consume('--group', 'audit', '--durable', '--count', '0')).toBe('');
    expect(groupNames()).toEqual(['default', 'audit']);
    send(place, ['a', 'b', 'c']);
    expect(await consume('--group', 'audit', '--count', '2')).toBe('a\nb\n');
    expect(await consume('--group', 'audit', '--drain')).toBe('c\n');
  });

  test('has one member at a time: the second is refused, and told who has it', async () => {
    const consumer = await startConsumer('audit');
    const { code, stdout, stderr } = await cli.run(['consume', 'ticks', '--group', 'audit']);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`ERR_HERMES_NO_FREE_MEMBER.*audit.*\\b${consumer.pid}\\b`));
  });

  test('is what it was made: another kind is a wrong command line', async () => {
    const { code, stderr } = await cli.run(['consume', 'ticks', '--group', 'default', '--lossy', '--drain']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/ERR_HERMES_INVALID_OPTION.*default.*reliable/);
  });

  test('a bad name is a wrong command line', async () => {
    const { code, stderr } = await cli.run(['consume', 'ticks', '--group', 'a/b']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('"a/b" is no name for a group') });
  });
});

describe('hermes consume --shared', () => {
  test('the members of a group share its messages', async () => {
    const members = [await startConsumer('workers', '--shared'), await startConsumer('workers', '--shared')];
    const numbers = Array.from({ length: 40 }, (_, number) => `${number}`);
    for (const number of numbers) {
      send(place, [number]);
      await until(() => Buffer.concat(members.map(({ stdout }) => stdout)).includes(`${number}\n`));
    }
    const received = members.flatMap(({ stdout }) => stdout.toString().trimEnd().split('\n'));
    expect(received.sort()).toEqual(numbers.sort()); // each once
    for (const member of members) expect(await member.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('create --shared: the group default is such a group', async () => {
    await cli.runHere(['create', 'jobs', '--shared']);
    const jobs = { ...place, name: 'jobs' };
    const members = [cli.start(['consume', 'jobs']), cli.start(['consume', 'jobs'])];
    for (const { pid } of members) await untilMember(jobs, pid);
    send(jobs, ['a']);
    await until(() => members.some(({ stdout }) => stdout.toString() === 'a\n'));
  });
});

describe('hermes consume --lossy', () => {
  test('never holds producers back, and tells how many messages it has missed', async () => {
    const consumer = await startConsumer('tap', '--lossy', '--format', 'json');
    process.kill(consumer.pid, 'SIGSTOP');
    const payload = 'x'.repeat(1000);
    for (let round = 0; round < 4; round++) {
      send(place, Array<string>(60).fill(payload)); // throws when there is no room
      expect(receiveTexts(place)).toHaveLength(60);
    }
    process.kill(consumer.pid, 'SIGCONT');
    await until(() => {
      send(place, ['more']); // it goes on with what comes after it has found out
      return consumer.stdout.length > 0;
    });
    const { code, stdout, stderr } = await consumer.kill('SIGINT');
    const received = jsonLines<{ sequence: number }>(stdout);
    const lost = received.at(-1)!.sequence + 1 - received.length;
    expect(code).toBe(0);
    expect(lost).toBeGreaterThan(0);
    expect(stderr).toContain(`${lost} messages were overwritten`);
  });

  test('is in a group of its own where none is named: several do not disturb each other', async () => {
    const taps = [cli.start(['consume', 'ticks', '--lossy']), cli.start(['consume', 'ticks', '--lossy'])];
    for (const tap of taps) await untilMember(place, tap.pid, `lossy-${tap.pid}`);
    send(place, ['a', 'b']);
    for (const tap of taps) {
      await until(() => tap.stdout.toString() === 'a\nb\n');
      expect(await tap.kill('SIGTERM')).toMatchObject({ code: 0 });
    }
    expect(groupNames()).toEqual(['default']);
  });
});
