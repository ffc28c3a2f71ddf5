import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment } from '../../src/index.js';
import { fillLane } from '../support/attached-pair.js';
import { addDurableGroup } from '../support/held-segment.js';
import type { RunningCommand } from '../support/running-command.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';
import { type Place, untilMember } from './segment-traffic.js';

/** More than a lane holds. */
const COUNT = 2000;

let cli: CommandLine;
const at = (): { directory: string } => ({ directory: cli.directory });
let place: Place;
let input: string;
beforeEach(() => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  input = path.join(cli.directory, '.input');
  fs.writeFileSync(input, `${'x'.repeat(50)}\n`.repeat(COUNT));
  createSegment('ticks', { producers: 2, capacity: 65_536, directory: cli.directory });
});

/** Does what a user does who copies the last line that was printed into a shell: with the `hermes` that is tested. */
async function paste({ errors }: RunningCommand): Promise<void> {
  const [node, script] = cli.commandFor([]);
  fs.writeFileSync(path.join(cli.directory, '.hermes'), `#!/bin/sh\nexec '${node}' '${script}' "$@"\n`, {
    mode: 0o700,
  });
  const bin = path.join(cli.directory, '.bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.rmSync(path.join(bin, 'hermes'), { force: true });
  fs.symlinkSync('../.hermes', path.join(bin, 'hermes'));
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  await promisify(execFile)('sh', ['-c', errors.trimEnd().split('\n').at(-1)!.trim()], { env });
}

const told = (running: RunningCommand) => running.errors.match(/held back by the group (\S+)/g) ?? [];

describe('with a recorder alone, and more messages than a lane holds', () => {
  test('produce and record say who holds the producer back, inspect, groups and ls do, and what they say mends it', async () => {
    const journal = path.join(cli.directory, '.journal');
    const recorder = cli.start(['record', 'ticks', '--to', journal]);
    await untilMember(place, recorder.pid, 'journal');
    const producer = cli.start(['produce', 'ticks', input]);
    await until(() => told(producer).length > 0);
    expect(producer.errors).toMatch(
      /^hermes: nothing sent for a second: held back by the group default \(durable, no members, 63\.\d KiB and \d+ messages behind\)\. What to do: .*:\n {2}hermes groups ticks rm default --directory \S+\n$/,
    );
    const ls = await cli.runHere(['ls']);
    expect(ls.stdout.toString()).toMatch(/held back$/m);
    for (const command of ['inspect', 'groups']) {
      const { stdout } = await cli.runHere([command, 'ticks']);
      expect(stdout.toString()).toMatch(/^default +reliable durable .*\n {4}holds back lane 0\n {4}no members$/m);
      expect(stdout.toString()).toMatch(
        new RegExp(
          `^HELD BACK\\n {2}lane 0, process ${producer.pid} \\(hermes produce\\): waits for room since \\S+Z `,
          'm',
        ),
      );
      expect(stdout.toString()).toMatch(/^ {6}hermes groups ticks rm default --directory \S+$/m);
    }
    await until(() => told(recorder).length > 0);
    expect(recorder.errors).toMatch(/^hermes: the producer of lane 0 waits: held back by the group default /m);
    await paste(producer);
    expect(await producer.ended).toMatchObject({ code: 0 });
    await until(() => inspectSegment('ticks', at()).groups[0]?.lagLength === 0);
    const { stderr, stdout } = await recorder.kill('SIGINT');
    expect(stderr).toContain('Recorded 2,000 messages, ');
    expect([told(producer).length, told(recorder).length, stdout.length]).toEqual([1, 1, 0]);
    expect((await cli.runHere(['ls'])).stdout.toString()).toMatch(/ready$/m);
    await cli.runHere(['create', 'again', '--capacity', '64KiB']);
    const replay = cli.start(['replay', journal, '--into', 'again']);
    await until(() => told(replay).length > 0);
    await paste(replay);
    expect(await replay.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/Sent 2,000 messages\.\n$/) });
  });
});

describe('hermes produce', () => {
  test('tells of each that holds it back, one after the other, once: a stopped member, and a group that nobody reads', async () => {
    const stopped = cli.start(['consume', 'ticks']);
    await untilMember(place, stopped.pid);
    stopped.signal('SIGSTOP');
    const producer = cli.start(['produce', 'ticks', input]);
    await until(() => told(producer).length === 1);
    expect(producer.errors).toContain(`process ${stopped.pid} (hermes consume) is stopped: continue it, or end it:\n`);
    const { stdout } = await cli.runHere(['inspect', 'ticks']);
    expect(stdout.toString()).toMatch(
      new RegExp(`^    process ${stopped.pid} \\(hermes consume\\): stopped \\(state T\\)`, 'm'),
    );
    expect(stdout.toString()).toContain(`\n      kill -CONT ${stopped.pid}\n`);
    addDurableGroup(cli.directory, 'audit');
    await paste(producer);
    await until(() => told(producer).length === 2);
    expect(told(producer)).toEqual(['held back by the group default', 'held back by the group audit']);
    await paste(producer);
    expect(await producer.ended).toMatchObject({ code: 0 });
    expect(told(producer).length).toBe(2);
  });

  test('tells of a consumer whose output nobody reads', async () => {
    const unread = cli.start(['consume', 'ticks']);
    unread.process.stdout!.pause();
    fs.writeFileSync(input, `${'x'.repeat(1000)}\n`.repeat(COUNT));
    await untilMember(place, unread.pid);
    const producer = cli.start(['produce', 'ticks', input]);
    await until(() => told(producer).length === 1);
    expect(producer.errors).toMatch(
      new RegExp(`process ${unread.pid} \\(hermes consume\\) .*output.*:\\n {2}kill (-KILL )?${unread.pid}\\n$`),
    );
    unread.process.stdout!.resume();
    expect(await producer.ended).toMatchObject({ code: 0 });
  });
});

describe('on a terminal of 60 and of 120 columns', () => {
  const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[\\d*m`, 'g');

  async function shown(args: readonly string[], columns: number): Promise<string> {
    const { isTTY, columns: before } = process.stdout;
    Object.assign(process.stdout, { isTTY: true, columns });
    try {
      return (await cli.runHere(args)).stdout.toString();
    } finally {
      Object.assign(process.stdout, { isTTY, columns: before });
    }
  }

  test.each([60, 120])('%i: no line is wider, and only a single long word or a command would be', async (columns) => {
    using producer = attachProducer('ticks', at());
    using _member = attachConsumer('ticks', at());
    addDurableGroup(cli.directory, `a-group-with-a-rather-long-name-${'x'.repeat(20)}`);
    fillLane(producer);
    const sent = producer.send(Buffer.alloc(1000));
    for (const args of [['inspect', 'ticks'], ['groups', 'ticks'], ['ls']]) {
      const text = await shown(args, columns);
      expect(text).toMatch(args[0] === 'ls' ? /held back/ : /HELD BACK/);
      expect(text.match(ESCAPES) !== null).toBe(args[0] !== 'ls');
      for (const line of text.replaceAll(ESCAPES, '').split('\n')) {
        const isCommand = /^ {6}(hermes|kill) /.test(line);
        if (!isCommand && line.trim().split(/ +/).length > 1) expect(line.length, line).toBeLessThanOrEqual(columns);
      }
      const members = text.split('\n').filter((line) => line.includes(`process ${process.pid} (`) && /: /.test(line));
      if (args[0] !== 'ls') expect(members.length).toBeGreaterThan(0);
    }
    producer.detach();
    await expect(sent).rejects.toMatchObject({ code: 'ERR_HERMES_DETACHED' });
  });
});
