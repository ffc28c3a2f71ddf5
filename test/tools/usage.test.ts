import { beforeEach, describe, expect, test } from 'vitest';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

/** Expects that a command line is refused as wrong: with these words, nothing on stdout, and nothing created. */
async function expectRefused(args: readonly string[], words: RegExp, run = cli.runHere): Promise<void> {
  const { code, stdout, stderr } = await run.call(cli, args);
  expect({ args, code, stdout: stdout.toString() }).toEqual({ args, code: 2, stdout: '' });
  expect(stderr).toMatch(words);
  expect(stderr).toMatch(/^hermes: /);
  expect(stderr).not.toMatch(/^\s+at /m); // no stack
  expect(cli.files).toEqual([]);
}

describe('a command line that is wrong', () => {
  test.each([
    [['crate', 'ticks'], /no such command: crate. Did you mean create\?/],
    [['frobnicate'], /frobnicate/],
    [[], /command/],
    [['bench'], /argument is missing/],
    [['bench', 'coffee'], /throughput, latency or cores\.$/m],
    [['bench', 'latncy'], /throughput, latency or cores\. Did you mean latency\?/],
    [['foo'], /no such command: foo$/m],
  ])('no command: %j', async (args, words) => {
    await expectRefused(args, words, cli.run);
  });

  test.each([
    [['create'], /argument is missing: <segment> \(its name\)/],
    [['journal', 'ls'], /argument is missing: <journal>/],
    [['record', 'ticks'], /Missing required argument: --to/],
    [['consume'], /argument is missing/],
    [['create', 'ticks', '--capacity'], /value is missing after --capacity \(each producer's lane: a power of two/],
    [['consume', 'ticks', '--count'], /value is missing after --count/],
  ])('something is missing: %j', async (args, words) => {
    await expectRefused(args, words);
  });

  test.each([
    [['create', 'ticks', '--lanes', '3'], /\blanes\b/],
    [['consume', 'ticks', '--forever'], /\bforever\b/],
    [['ls', '--jsno'], /Unknown option: --jsno\. Did you mean --json\?/],
    [['create', 'ticks', '--capcity', '1MiB'], /Unknown option: --capcity\. Did you mean --capacity\?/],
    [['create', 'ticks', 'tocks'], /\btocks\b/],
  ])('something is not known: %j', async (args, words) => {
    await expectRefused(args, words);
  });

  test.each([['a/b'], ['..'], [''], ['x'.repeat(65)], ['-'], ['.hidden'], ['ünsafe']])(
    'a bad name: %j',
    async (name) => {
      await expectRefused(['create', name], /ERR_HERMES_INVALID_NAME.*1 to 64/);
    },
  );

  test.each([
    [['create', 'ticks', '--producers', '0'], /producers is 0.*1 to 256/],
    [['create', 'ticks', '--producers', '257'], /producers is 257/],
    [['create', 'ticks', '--producers', 'abc'], /--producers is "abc": give a number \(most producers.*1–256/],
    [['create', 'ticks', '--producers', '1.5'], /--producers is 1.5: give a whole number from 1 to 256/],
    [
      ['create', 'ticks', '--capacity', '1GiB'],
      /would take 8 GiB \(producers 8, .*capacity 1 GiB\), and may take 4 GiB.*fewer producers/,
    ],
    [['create', 'ticks', '--max-groups', 'many'], /max-?groups is/i],
    [['create', 'ticks', '--members', '1.5'], /members is 1.5/],
    [['create', 'ticks', '--capacity', '1MB'], /--capacity is "1MB", which is no size.*KiB/],
    [['create', 'ticks', '--capacity', '-65536'], /is no size/],
    [['create', 'ticks', '--capacity', '100000'], /--capacity is 100000: .*power of two.*64 KiB.*1 GiB/],
    [['create', 'ticks', '--capacity', '32KiB'], /capacity is 32768/],
    [['create', 'ticks', '--capacity', '64KiB', '--max-payload', '17KiB'], /--max-payload is 17408: .*16384 bytes/],
    [['create', 'ticks', '--mode', '0888'], /mode is 0888.*octal/],
    [['create', 'ticks', '--mode', '1600'], /mode is 1600.*octal/],
  ])('a bad shape: %j', async (args, words) => {
    await expectRefused(args, words);
  });

  test.each([
    [['produce', 'ticks', '--type', '0'], /type is 0.*1 to 239/],
    [['produce', 'ticks', '--type', '240'], /type is 240/],
    [['produce', 'ticks', '--rate', '0'], /rate is 0/],
    [['produce', 'ticks', '--format', 'json'], /json.*lines.*length-prefixed/],
    [['consume', 'ticks', '--count', '-1'], /count is -1/],
    [['consume', 'ticks', '--count', '1.5'], /count is 1.5/],
    [['consume', 'ticks', '--count', 'ten'], /count is/],
    [['consume', 'ticks', '--from', 'yesterday'], /yesterday.*oldest.*latest/],
    [['latency', 'ticks', '--seconds', '0'], /seconds is 0/],
    [['bench', 'throughput', '--messages', '0'], /messages is 0/],
    [['bench', 'throughput', '--payload', 'big'], /--payload is "big", which is no size/],
    [['bench', 'latency', '--rate', '-1'], /rate is -1/],
    [['bench', 'latency', '--payload', '8'], /payload is 8.*12/],
  ])('a bad number or choice: %j', async (args, words) => {
    await expectRefused(args, words);
  });

  test('an empty directory', async () => {
    await expectRefused(['create', 'ticks', '--directory', ''], /ERR_HERMES_INVALID_OPTION.*directory is empty/i);
  });

  test('a name of 64 characters is fine', async () => {
    const name = 'x'.repeat(64);
    expect(await cli.run(['create', name])).toMatchObject({ code: 0 });
    expect(cli.files).toEqual([name]);
  });
});
