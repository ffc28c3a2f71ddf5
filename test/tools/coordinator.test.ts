import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment, removeSegment } from '../../src/index.js';
import { readCoordinatorConfig } from '../../src/tools/coordinator-config.js';
import { attachedChild } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import type { RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
let configFile: string;
beforeEach(() => {
  cli = new CommandLine();
  configFile = path.join(scratchDirectory(), 'hermes.json');
});

const TICKS = { producers: 1, maxGroups: 2, members: 1, capacity: '64KiB' };

function configure(config: unknown): void {
  fs.writeFileSync(configFile, typeof config === 'string' ? config : JSON.stringify(config));
}

/** Starts a coordinator and waits until it coordinates. */
async function coordinator(): Promise<{ running: RunningCommand; errors: () => string }> {
  const running = cli.start(['coordinator', '--config', configFile]);
  let text = '';
  running.process.stderr!.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await until(() => text.includes('Coordinating') || running.hasEnded);
  return { running, errors: () => text };
}

const inspect = (name = 'ticks') => inspectSegment(name, { directory: cli.directory });

describe('hermes coordinator', () => {
  test('creates what its file declares, says so on stderr, and ends with 0 at SIGTERM', async () => {
    configure({ segments: { ticks: { ...TICKS, mode: '0640', checksum: true }, trades: TICKS } });
    const { running, errors } = await coordinator();
    expect(errors()).toMatch(/ticks \(created\), trades \(created\)/);
    expect(inspect()).toMatchObject({ producers: 1, maxGroups: 2, members: 1, capacity: 65_536, checksum: true });
    expect(inspect().coordinator).toMatchObject({ pid: running.pid, origin: 'created', error: null });
    expect(fs.statSync(path.join(cli.directory, 'ticks')).mode & 0o777).toBe(0o640);
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0, signal: null });
    expect(running.stdout.toString()).toBe('');
    expect(inspect().coordinator).toBeNull();
  });

  test('ends with 0 at SIGINT, too, and what it has created is adopted by the next', async () => {
    configure({ segments: { ticks: TICKS } });
    const first = await coordinator();
    const { segmentId } = inspect();
    expect(await first.running.kill('SIGINT')).toMatchObject({ code: 0, signal: null });
    const second = await coordinator();
    expect(second.errors()).toContain('ticks (adopted)');
    expect(inspect().segmentId).toBe(segmentId);
  });

  test('runs without a file, too, and looks after what there is', async () => {
    createSegment('ticks', { ...SMALL, directory: cli.directory });
    const running = cli.start(['coordinator']);
    await until(() => inspect().coordinator !== null);
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory: cli.directory })})`);
    await child.kill('SIGKILL');
    await until(() => inspect().lanes[0]!.producer === null);
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('takes the directory from the file, unless the command line gives one', async () => {
    const directory = scratchDirectory();
    configure({ directory, segments: { ticks: TICKS } });
    await coordinator();
    expect(cli.files).toContain('ticks');
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(readCoordinatorConfig(configFile).directory).toBe(directory);
  });

  test('a second one of the directory ends with 1 and says who the first one is', async () => {
    configure({});
    const { running } = await coordinator();
    const { code, stderr } = await cli.run(['coordinator']);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`ERR_HERMES_BUSY.*process ${running.pid}\\b`));
    await running.kill('SIGKILL');
    const next = await coordinator();
    expect(next.running.hasEnded).toBe(false);
  });

  test('ends with 1 when a declared segment has another geometry, and shows both', async () => {
    createSegment('ticks', { ...SMALL, producers: 3, directory: cli.directory });
    configure({ segments: { ticks: TICKS } });
    const { code, stderr } = await cli.run(['coordinator', '--config', configFile]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ERR_HERMES_SEGMENT_EXISTS.*producers 3.*producers 1/);
  });
});

describe('on SIGHUP', () => {
  test('it creates what the file has come to declare, and leaves the rest as it is', async () => {
    configure({ segments: { ticks: TICKS } });
    const { running, errors } = await coordinator();
    const { segmentId } = inspect();
    configure({ segments: { trades: { ...TICKS, producers: 2 } } });
    running.signal('SIGHUP');
    await until(() => cli.files.includes('trades') && errors().includes('again'));
    expect(inspect('trades')).toMatchObject({ producers: 2, coordinator: { origin: 'created', pid: running.pid } });
    expect(inspect()).toMatchObject({ segmentId, coordinator: { origin: 'created' } });
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test.each([
    ['broken', '{"segments": ', /cannot read .*hermes\.json/],
    ['wrong', { segments: { trades: { colour: 'red' } } }, /trades.*colour/],
    ['at odds with what there is', { segments: { ticks: { ...TICKS, producers: 2 } } }, /ERR_HERMES_SEGMENT_EXISTS/],
  ])('it reports a file that is %s, and goes on with what it has', async (_, config, words) => {
    configure({ segments: { ticks: TICKS } });
    const { running, errors } = await coordinator();
    configure(config);
    running.signal('SIGHUP');
    await until(() => words.test(errors()));
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory: cli.directory })})`);
    await child.kill('SIGKILL');
    await until(() => inspect().lanes[0]!.producer === null);
    configure({ segments: { ticks: TICKS, trades: TICKS } });
    running.signal('SIGHUP');
    await until(() => cli.files.includes('trades'));
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('what is at odds with one segment keeps none of the others from it, and is told on stderr and by inspect', async () => {
    configure({ segments: { ticks: TICKS } });
    const { running, errors } = await coordinator();
    const { segmentId } = inspect();
    fs.mkdirSync(path.join(cli.directory, 'blocked')); // nothing can be created in its place
    configure({ segments: { ticks: { ...TICKS, producers: 3 }, blocked: TICKS, trades: TICKS, orders: TICKS } });
    running.signal('SIGHUP');
    await until(() => /Also: .*\nSegments: /.test(errors()));
    expect(cli.files).toEqual(['.coordinator', 'blocked', 'orders', 'ticks', 'trades']);
    expect(errors()).toMatch(
      /SEGMENT_EXISTS: The segment ticks exists .*producers 3.* Also: ERR_HERMES_\w+: .*blocked/,
    );
    expect(errors()).toMatch(/trades \(created\), orders \(created\)/);
    expect(inspect()).toMatchObject({ segmentId, coordinator: { error: expect.stringMatching(/producers 3/) } });
    expect(inspect('trades').coordinator).toMatchObject({ origin: 'created', error: null });
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory: cli.directory })})`);
    await child.kill('SIGKILL');
    await until(() => inspect().lanes[0]!.producer === null); // it is looked after all the same
    await until(() => inspect().coordinator?.reapCount === 1);
    expect(inspect().coordinator).toMatchObject({ error: expect.stringMatching(/producers 3/) });
    configure({ segments: { ticks: TICKS } });
    running.signal('SIGHUP');
    await until(() => inspect().coordinator?.error === null);
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('a file that has a name twice is refused like any that is wrong', async () => {
    configure({ segments: { ticks: TICKS } });
    const { running, errors } = await coordinator();
    configure('{"segments": {"trades": {}, "trades": {"producers": 4}}}');
    running.signal('SIGHUP');
    await until(() => errors().includes('segments.trades is there twice'));
    expect(cli.files).toEqual(['.coordinator', 'ticks']);
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('one that comes while the program is being loaded is kept until all is there', async () => {
    configure({ segments: { ticks: TICKS } });
    const early = `const { on } = process;
      process.on = (event, listener) => {
        on.call(process, event, listener);
        if (event === 'SIGHUP') process.on = on, process.kill(process.pid, event);
        return process;
      };`;
    const NODE_OPTIONS = `--import "data:text/javascript,${encodeURIComponent(early)}"`;
    const running = cli.start(['coordinator', '--config', configFile], { env: { NODE_OPTIONS } });
    let errors = '';
    running.process.stderr!.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    await until(() => errors.includes('again') || running.hasEnded);
    expect(errors).toMatch(/^Coordinating .*\nRead .* again\. Segments: ticks \(created\)\.\n$/);
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('another directory in the file is told to need a new start', async () => {
    configure({ directory: cli.directory, segments: {} });
    const { running, errors } = await coordinator();
    configure({ directory: scratchDirectory(), segments: {} });
    running.signal('SIGHUP');
    await until(() => errors().includes('again'));
    expect(errors()).toMatch(/directory.*started again/);
  });
});

describe('a file that is wrong ends it with 2 and says what', () => {
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{"segments": {', /cannot read .*hermes\.json/],
    ['no object', [], /hermes\.json is no object/],
    ['an unknown setting', { segmnets: {} }, /segmnets is no setting/],
    ['a directory that is no string', { directory: 7 }, /directory is 7: give a path, in quotes/],
    ['segments that are no object', { segments: ['ticks'] }, /segments is no object/],
    ['a segment that is no object', { segments: { ticks: 4 } }, /segment ticks is no object/],
    ['an unknown setting of a segment', { segments: { ticks: { lanes: 4 } } }, /segment ticks: lanes is no setting/],
    [
      'a number as text',
      { segments: { ticks: { producers: '4' } } },
      /segment ticks: producers is "4": give a number, without quotes/,
    ],
    [
      'a switch as text',
      { segments: { ticks: { checksum: 'yes' } } },
      /segment ticks: checksum is "yes": give true or false/,
    ],
    [
      'a mode as a number',
      { segments: { ticks: { mode: 660 } } },
      /segment ticks: mode is 660: give octal permissions as text, in quotes: "0660"/,
    ],
    [
      'a mode that is none',
      { segments: { ticks: { mode: '0990' } } },
      /segment ticks: mode is "0990": give octal permissions as text/,
    ],
    [
      'a size that is none',
      { segments: { ticks: { capacity: '1 MB' } } },
      /segment ticks: capacity is "1 MB", which is no size/,
    ],
    ['a size that cannot be', { segments: { ticks: { capacity: 70_000 } } }, /segment ticks.*capacity is 70000/],
    ['too many producers', { segments: { ticks: { producers: 257 } } }, /segment ticks.*producers is 257/],
    ['a name that is none', { segments: { '../ticks': {} } }, /\.\.\/ticks/],
    ['a segment twice', '{"segments": {"ticks": {}, "ticks": {"producers": 4}}}', /segments\.ticks is there twice/],
    ['twice the same', '{"segments": {"ticks": {}, "t\\u0069cks": {}}}', /segments\.ticks is there twice/],
    [
      'a setting twice',
      '{"segments": {"ticks": {"producers": 1, "producers": 4}}}',
      /segments\.ticks\.producers is there twice/,
    ],
    ['all segments twice', '{"segments": {}, "segments": {"ticks": {}}}', /hermes\.json: segments is there twice/],
    ['one wrong segment beside a good one', { segments: { ticks: TICKS, odd: { capacity: 70_000 } } }, /segment odd\b/],
    ['a good segment beside one of no name', { segments: { ticks: TICKS, '': TICKS } }, /"" is no name/],
  ])('%s', async (_, config, words) => {
    configure(config);
    const { code, stdout, stderr } = await cli.runHere(['coordinator', '--config', configFile]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/^\s+at /m); // no stack
    expect(cli.files.filter((name) => !name.startsWith('.'))).toEqual([]);
  });

  test('a file that there is not', async () => {
    const { code, stderr } = await cli.run(['coordinator', '--config', configFile]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot read .*hermes\.json.*ENOENT/);
  });
});

test('killed and started again in the middle of traffic, it changes nothing for anybody', async () => {
  configure({ segments: { ticks: { ...TICKS, maxGroups: 2 } } });
  let { running } = await coordinator();
  const { directory } = cli;
  using producer = attachProducer('ticks', { directory });
  using consumer = attachConsumer('ticks', { directory });
  const payload = Buffer.alloc(64);
  let sent = 0;
  let received = 0;
  const exchange = () => {
    payload.writeUInt32LE(sent);
    if (producer.offer(payload) > 0) sent++;
    consumer.poll(({ buffer, offset, sequence }) => {
      expect([buffer.readUInt32LE(offset), sequence]).toEqual([received, received]);
      received++;
    }, 10);
  };
  const timer = setInterval(exchange, 1);
  try {
    for (let round = 0; round < 3; round++) {
      const before = received;
      await running.kill('SIGKILL');
      ({ running } = await coordinator());
      await until(() => received > before + 50);
    }
  } finally {
    clearInterval(timer);
  }
  while (received < sent) exchange();
  expect(inspect().lanes).toMatchObject([{ messages: sent, attachCount: 1, producer: { pid: process.pid } }]);
});

test('a segment that is removed is dropped, and created again by a reload', async () => {
  configure({ segments: { ticks: TICKS } });
  const { running } = await coordinator();
  removeSegment('ticks', { directory: cli.directory });
  running.signal('SIGHUP');
  await until(() => cli.files.includes('ticks') && inspect().coordinator?.origin === 'created');
});
