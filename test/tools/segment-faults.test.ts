import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { attachProducer } from '../../src/index.js';
import { SLOT_ATTACHED_AT_OFFSET, SLOT_HEARTBEAT_OFFSET } from '../../src/layout/participant-slot.js';
import { REQUIRED_OFFSET } from '../../src/layout/preamble.js';
import { producerSlotIndex } from '../../src/ring/indices.js';
import { openSegment } from '../../src/segment/segment.js';
import type { Outcome } from '../support/running-command.js';
import { sealed } from '../support/sealed-preamble.js';
import { until } from '../support/until.js';
import { CommandLine, jsonLines } from './command-line.js';
import { send, untilMember } from './segment-traffic.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

/** Expects that a command failed for a reason that the machine is in, not for its command line. */
function expectFailed({ code, stdout, stderr }: Outcome, words: RegExp): void {
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/^\s+at /m); // no stack
}

describe('a segment that is not there', () => {
  test.each(['inspect', 'rm', 'produce', 'consume', 'latency'])('fails: %s', async (command) => {
    expectFailed(await cli.run([command, 'ticks']), /ERR_HERMES_SEGMENT_NOT_FOUND.*ticks.*hermes create ticks/);
  });
});

describe('a segment that is damaged', () => {
  const damages: readonly (readonly [string, (file: string) => void])[] = [
    ['cut short', (file) => fs.truncateSync(file, 100_000)],
    ['empty', (file) => fs.truncateSync(file, 0)],
    ['overwritten', (file) => fs.writeFileSync(file, 'not a segment\n'.repeat(1000))],
  ];

  test.each(damages)('%s: fails to be used, is listed with its error, and goes when forced', async (_, damage) => {
    await cli.runHere(['create', 'ticks']);
    await cli.runHere(['create', 'whole']);
    damage(path.join(cli.directory, 'ticks'));
    for (const command of ['inspect', 'consume', 'rm']) {
      expectFailed(await cli.run([command, 'ticks']), /ERR_HERMES_(CORRUPT_SEGMENT|INCOMPATIBLE_LAYOUT)/);
    }
    const listed = await cli.run(['ls', '--json']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(listed.stdout)).toMatchObject([
      { name: 'ticks', error: { code: expect.stringMatching(/^ERR_HERMES_/), message: expect.any(String) } },
      { name: 'whole', producers: 8 },
    ]);
    expect((await cli.run(['ls'])).stdout.toString()).toMatch(/^ticks +ERR_HERMES_/m);
    expect(await cli.run(['rm', 'ticks', '--force'])).toMatchObject({ code: 0 });
    expect(cli.files).toEqual(['whole']);
  });

  test('in the times of who is attached: it is shown all the same, and the others are listed', async () => {
    await cli.runHere(['create', 'ticks', '--producers', '1']);
    await cli.runHere(['create', 'whole']);
    using _ = attachProducer('ticks', { directory: cli.directory });
    const segment = openSegment('ticks', { directory: cli.directory }, 'read-write');
    const slot = producerSlotIndex(segment.memory, 0) / 2;
    segment.memory.times.fill(2n ** 63n - 1n, slot + SLOT_ATTACHED_AT_OFFSET / 8, slot + SLOT_HEARTBEAT_OFFSET / 8 + 1);
    segment.close();
    for (const command of [['inspect', 'ticks'], ['inspect', 'ticks', '--json'], ['groups', 'ticks'], ['ls']]) {
      expect(await cli.runHere(command)).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('in its records: the consumer fails with lane and position, after it has written what is whole', async () => {
    const place = { name: 'ticks', directory: cli.directory };
    await cli.runHere(['create', 'ticks', '--checksum']);
    send(place, ['whole', 'overwritten', 'after it']);
    const file = path.join(cli.directory, 'ticks');
    const content = fs.readFileSync(file);
    content[content.indexOf('overwritten')] = 0x4f;
    fs.writeFileSync(file, content);
    const { code, stdout, stderr } = await cli.run(['consume', 'ticks', '--drain']);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: 'whole\n' });
    expect(stderr).toMatch(/ERR_HERMES_CORRUPT_SEGMENT.*Lane 0.*position 64\b.*checksum/);
  });
});

describe('the removal of a segment in use', () => {
  test('is refused, and names who is attached', async () => {
    await cli.runHere(['create', 'ticks']);
    using _producer = attachProducer('ticks', { directory: cli.directory });
    expectFailed(await cli.run(['rm', 'ticks']), new RegExp(`ERR_HERMES_BUSY.*\\b${process.pid}\\b`));
    expect(cli.files).toEqual(['ticks']);
  });

  test('goes through when forced, and ends the consumer and the producer that were attached', async () => {
    const place = { name: 'ticks', directory: cli.directory };
    await cli.runHere(['create', 'ticks']);
    const consumer = cli.start(['consume', 'ticks']);
    const producer = cli.start(['produce', 'ticks']);
    producer.write('before\n');
    await untilMember(place, consumer.pid);
    await until(() => consumer.stdout.length > 0);
    expect(await cli.run(['rm', 'ticks', '--force'])).toMatchObject({ code: 0 });
    expect(cli.files).toEqual([]);
    const consumed = await consumer.ended;
    expect({ code: consumed.code, stdout: consumed.stdout.toString() }).toEqual({ code: 1, stdout: 'before\n' });
    expect(consumed.stderr).toContain('ERR_HERMES_REMOVED');
    // A producer learns of it when it sends.
    const produced = await producer.end('after\n');
    expect(produced).toMatchObject({ code: expect.any(Number), signal: null });
  });
});

test('a segment of a newer version: is shown and listed as such, and fails to be used', async () => {
  await cli.runHere(['create', 'ticks']);
  const file = path.join(cli.directory, 'ticks');
  fs.writeFileSync(file, sealed(fs.readFileSync(file), REQUIRED_OFFSET, 0x6));
  const shown = await cli.runHere(['inspect', 'ticks']);
  expect(shown.stdout.toString()).toMatch(/^ +requires +what this version of Hermes does not know \(0x6\)/m);
  expect((await cli.runHere(['ls'])).stdout.toString()).toMatch(/^ticks .* of a newer version$/m);
  for (const command of ['consume', 'rm']) {
    expectFailed(await cli.runHere([command, 'ticks']), /ERR_HERMES_INCOMPATIBLE_LAYOUT.*REQUIRED 0x6/);
  }
  expect(await cli.runHere(['rm', 'ticks', '--force'])).toMatchObject({ code: 0 });
});
