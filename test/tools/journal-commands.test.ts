import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment, inspectJournal } from '../../src/index.js';
import { changeHeader } from '../journal/journal-fixture.js';
import { until } from '../support/until.js';
import { CommandLine, jsonLines } from './command-line.js';
import { type Place, receiveTexts, send, untilMember } from './segment-traffic.js';

let cli: CommandLine;
let place: Place;
let journal: string;
beforeEach(() => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  journal = path.join(cli.directory, '.journal');
  createSegment('ticks', { directory: place.directory, producers: 2 });
});

const record = (...options: string[]) => ['record', 'ticks', '--to', journal, '--group', 'default', ...options];
const texts = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `message ${from + i}`);
const lines = (messages: readonly string[]) => messages.map((text) => `${text}\n`).join('');

/** What a recorder says that has recorded so many messages. */
function recorded(count: number): unknown {
  return expect.stringMatching(
    new RegExp(
      `^Recording ticks to ${journal}, as the group default.*\\.\nRecorded ${count.toLocaleString('en')} messages, [\\d.]+ (B|KiB|MiB), to ${journal}\\.\n$`,
    ),
  );
}

/** Records these messages to the end. */
async function recordAll(messages: readonly string[], ...options: string[]): Promise<void> {
  send(place, messages);
  const { code, stdout, stderr } = await cli.run(record('--drain', ...options));
  expect({ code, stdout: stdout.toString(), stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: recorded(messages.length),
  });
}

async function expectRun(args: readonly string[], expected: string): Promise<void> {
  const { code, stdout, stderr } = await cli.run(args);
  expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: expected, stderr: '' });
}

describe('hermes record', () => {
  test('records until all is drained; again, goes on', async () => {
    await recordAll(texts(100));
    await recordAll(texts(50, 100), '--sync', 'every');
    await expectRun(['replay', journal], lines(texts(150)));
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends cleanly with %s', async (signal) => {
    const recorder = cli.start(record());
    await untilMember(place, recorder.pid);
    send(place, texts(10));
    await until(() => (inspectJournal(journal).lanes[0]?.nextSequence ?? 0) === 10);
    expect(await recorder.kill(signal)).toMatchObject({ code: 0, signal: null, stderr: recorded(10) });
    await expectRun(['replay', journal], lines(texts(10)));
  });

  test('as a group that is shared is refused, and says what to do instead', async () => {
    createSegment('queue', { directory: cli.directory, shared: true });
    const { code, stderr } = await cli.runHere(['record', 'queue', '--to', journal, '--group', 'default']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /The group default is shared, .*\(its default is journal\).*: hermes groups queue rm default /,
    );
  });

  test('of a directory that has a recorder is refused', async () => {
    const recorder = cli.start(record());
    await untilMember(place, recorder.pid);
    const { code, stderr } = await cli.run(['record', 'ticks', '--to', journal, '--group', 'other']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^hermes: ERR_HERMES_BUSY: Process \d+ writes to the journal/),
    ]);
  });

  test.each([
    ['busy', 500],
    ['idle', 0],
  ])('ends with 1 when its directory is removed, and acknowledges nothing into nowhere: %s', async (_, count) => {
    const recorder = cli.start(record());
    await untilMember(place, recorder.pid);
    fs.rmSync(journal, { recursive: true });
    send(place, texts(count));
    const { code, stderr } = await recorder.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^hermes: ERR_HERMES_JOURNAL_NOT_FOUND: .*\.journal is not what/m),
    ]);
    const { code: again } = await cli.run(record('--drain'));
    expect(again).toBe(0);
    if (count > 0) await expectRun(['replay', journal], lines(texts(count)));
  });

  test('says that it has mended a tail', async () => {
    await recordAll(texts(10), '--file-size', '128KiB');
    const [file] = fs.readdirSync(journal).filter((name) => name.endsWith('.journal') && name.length > 10);
    fs.truncateSync(path.join(journal, file!), 64 + inspectJournal(journal).position - 50);
    const { code, stderr } = await cli.run(record('--drain'));
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^The journal ended in [\d.]+ KiB without a whole record: mended\.\n/),
    ]);
  });

  test.each([
    [['record', 'ticks'], /to/],
    [['record', 'ticks', '--to', 'x', '--sync', 'never'], /never.*os.*interval.*every/],
    [['record', 'ticks', '--to', 'x', '--file-size', '1KiB'], /--file-size is 1024/],
    [['replay', 'x', '--from', 'yesterday'], /from is yesterday/],
    [['replay', 'x', '--from', 'seq:5'], /needs a lane/],
    [['replay', 'x', '--speed', 'fast'], /speed is fast/],
    [['replay', 'x', '--lane', '-1'], /lane is -1/],
    [['journal', 'prune', 'x'], /what to keep/],
    [['journal', 'prune', 'x', '--keep-age', 'long'], /keep-age is long/],
    [['journal', 'shred', 'x'], /shred/],
  ])('a command line that is wrong: %j', async (args, words) => {
    const { code, stdout, stderr } = await cli.runHere(args);
    expect([code, stdout.length, stderr]).toEqual([2, 0, expect.stringMatching(words)]);
  });
});

describe('hermes replay', () => {
  test('writes every format', async () => {
    await recordAll(['a', 'b c']);
    await expectRun(['replay', journal, '--format', 'lines'], 'a\nb c\n');
    await expectRun(['replay', journal, '--format', 'length-prefixed'], '\x01\0\0\0a\x03\0\0\0b c');
    const { stdout } = await cli.run(['replay', journal, '--format', 'json']);
    const timestamp = expect.stringMatching(/^\d{19}$/);
    expect(jsonLines(stdout)).toEqual([
      { lane: 0, sequence: 0, timestamp, type: 1, payload: 'YQ==' },
      { lane: 0, sequence: 1, timestamp, type: 1, payload: 'YiBj' },
    ]);
  });

  test('begins and ends where it is told to', async () => {
    await recordAll(texts(100));
    const { stdout } = await cli.run(['replay', journal, '--format', 'json', '--lane', '0']);
    const times = jsonLines<{ timestamp: string }>(stdout).map(({ timestamp }) => timestamp);
    await expectRun(['replay', journal, '--lane', '0', '--from', 'seq:10', '--to', 'seq:20'], lines(texts(10, 10)));
    await expectRun(['replay', journal, '--lane', '1'], '');
    const from = times.indexOf(times[40]!);
    const to = times.indexOf(times[60]!);
    await expectRun(
      ['replay', journal, '--from', `ns:${times[40]}`, '--to', `ns:${times[60]}`],
      lines(texts(to - from, from)),
    );
    await expectRun(['replay', journal, '--from', '2001-01-01', '--to', '2001-01-02'], '');
    const first = 128; // behind the header's lane table, 32 + 64 bytes
    await expectRun(['replay', journal, '--to', `${first}`], lines(texts(1)));
    await expectRun(['replay', journal, '--from', `${first}`], lines(texts(99, 1)));
  });

  test('keeps a pace', async () => {
    send(place, ['a']);
    await new Promise((resolve) => setTimeout(resolve, 600));
    send(place, ['b']);
    expect(await cli.run(record('--drain'))).toMatchObject({ code: 0, stderr: recorded(2) });
    const started = performance.now();
    await expectRun(['replay', journal, '--speed', '2x'], 'a\nb\n');
    expect(performance.now() - started).toBeGreaterThan(300);
  });

  test('follows a journal that is being written, until SIGINT', async () => {
    const recorder = cli.start(record());
    await untilMember(place, recorder.pid);
    const replay = cli.start(['replay', journal, '--follow']);
    for (let i = 0; i < 5; i++) {
      send(place, [`${i}`]);
      await until(() => replay.stdout.length === (i + 1) * 2);
    }
    expect(await replay.kill('SIGINT')).toMatchObject({ code: 0, stdout: Buffer.from('0\n1\n2\n3\n4\n') });
  });

  test.each([[[]], [['--into', 'again']]])(
    'says that the journal that it follows was begun anew: %j',
    async (options) => {
      await recordAll(texts(10));
      createSegment('again', { directory: place.directory });
      const { journalId } = inspectJournal(journal);
      const replay = cli.start(['replay', journal, '--follow', ...options]);
      const came =
        options.length > 0 ? () => receiveTexts({ ...place, name: 'again' }).length : () => replay.stdout.length;
      await until(() => came() > 0);
      fs.rmSync(journal, { recursive: true });
      await recordAll(texts(20));
      const { code, stderr } = await replay.ended;
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^hermes: ERR_HERMES_REMOVED: .*open .*anew/)]);
      expect(stderr).toContain(journalId);
    },
  );

  test('sends into a segment', async () => {
    await recordAll(texts(100));
    createSegment('again', { directory: place.directory });
    const { code, stderr } = await cli.run(['replay', journal, '--into', 'again']);
    expect([code, stderr]).toEqual([0, 'Sent 100 messages.\n']);
    expect(receiveTexts({ ...place, name: 'again' })).toEqual(texts(100));
  });

  test('of what is no journal fails', async () => {
    const { code, stderr } = await cli.run(['replay', `${journal}-none`]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^hermes: ERR_HERMES_JOURNAL_NOT_FOUND: /)]);
  });
});

describe('damage in the middle', () => {
  test('ends a replay with its extent, after what came before it; is skipped and reported when asked', async () => {
    await recordAll(texts(100));
    const [file] = fs.readdirSync(journal).filter((name) => /^\d.*journal$/.test(name));
    const fd = fs.openSync(path.join(journal, file!), 'r+');
    fs.writeSync(fd, 'XXXX', 64 + 96 + 32 * 64 + 40); // in the payload of a message of the middle
    fs.closeSync(fd);
    const stopped = await cli.run(['replay', journal]);
    const before = stopped.stdout.toString().split('\n').length - 1;
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(
      /^hermes: ERR_HERMES_CORRUPT_JOURNAL: .*: 64 bytes from position \d+ to \d+ are damaged: its checksum/,
    );
    expect(stopped.stdout.toString()).toBe(lines(texts(before)));
    const skipped = await cli.run(['replay', journal, '--skip-damage']);
    expect(skipped.stdout.toString()).toBe(lines(texts(100).toSpliced(before, 1)));
    expect([skipped.code, skipped.stderr]).toEqual([0, expect.stringMatching(/^hermes: skipped 64 bytes of /)]);
    const verified = await cli.run(['journal', 'verify', journal, '--json']);
    expect([verified.code, verified.stderr]).toEqual([
      1,
      expect.stringMatching(/Damaged: .*\nMissing: lane 0, sequences/),
    ]);
    expect(JSON.parse(verified.stdout.toString())).toMatchObject({ messages: 99, damages: [{}], gaps: [{ lane: 0 }] });
  });
});

describe('hermes journal', () => {
  test('ls, info and verify tell what there is, for people and as JSON', async () => {
    await recordAll(texts(2000), '--file-size', '128KiB');
    const listed = await cli.run(['journal', 'ls', journal]);
    expect(listed.stdout.toString()).toMatch(
      /^ +FILE +SIZE +BEGUN +SEGMENT +STATE\n00000000000000000000\.journal +128 KiB/,
    );
    const files = jsonLines<{ name: string }>((await cli.run(['journal', 'ls', journal, '--json'])).stdout);
    expect(files).toEqual(inspectJournal(journal).files.map(({ name }) => expect.objectContaining({ name })));
    expect((await cli.run(['journal', 'info', journal])).stdout.toString()).toMatch(/lane 0 +next sequence 2000\n/);
    const [info] = jsonLines<object>((await cli.run(['journal', 'info', journal, '--json'])).stdout);
    expect(info).toMatchObject({ writer: null, lanes: [{ lane: 0, nextSequence: 2000 }] });
    await expectRun(['journal', 'verify', journal], 'LANE  MESSAGES  FIRST  LAST\n   0     2,000      0  1999\n');
  });

  test('verify fails when a file was cut, and ls and info tell which', async () => {
    await recordAll(texts(100));
    const [{ name } = { name: '' }] = inspectJournal(journal).files;
    fs.truncateSync(path.join(journal, name), 4096);
    const fault = 'the file was cut: it has 4096 bytes, and its header says 67108864.\n';
    const verified = await cli.run(['journal', 'verify', journal]);
    expect([verified.code, verified.stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^Damaged: .*${name}, positions 4032 to 67108800: ${fault}`)),
    ]);
    const replayed = await cli.runHere(['replay', journal]);
    expect([replayed.code, replayed.stderr]).toEqual([1, expect.stringContaining('the file was cut')]);
    expect(lines(texts(100)).startsWith(replayed.stdout.toString())).toBe(true);
    expect(replayed.stdout.length).toBeGreaterThan(0);
    for (const action of ['ls', 'info']) {
      const { code, stderr } = await cli.runHere(['journal', action, journal]);
      expect([code, stderr]).toEqual([0, `Damaged: ${name}: ${fault}`]);
    }
  });

  test('prune keeps what a clock alone says is old, and says why', async () => {
    await recordAll(texts(4000), '--file-size', '128KiB');
    const files = inspectJournal(journal).files.map(({ name }) => path.join(journal, name));
    for (const file of files) changeHeader(file, { createdAtNs: 10_000_000_000n }); // ten seconds after 1970 began
    const { code, stderr } = await cli.run(['journal', 'prune', journal, '--keep-age', '7d']);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^Removed 0 files, 0 B\.\n0{20}\.journal stays, and what follows it: the clock said 1970-01-01T00:00:10/,
      ),
    ]);
    expect(inspectJournal(journal).files.length).toBe(files.length);
  });

  test('prune removes old files, and not those that are open', async () => {
    await recordAll(texts(4000), '--file-size', '128KiB');
    const before = inspectJournal(journal).files.length;
    const dry = await cli.run(['journal', 'prune', journal, '--keep-bytes', '128KiB', '--dry-run']);
    expect([dry.code, dry.stderr]).toEqual([0, `Would remove ${before - 1} files, ${(before - 1) * 128} KiB.\n`]);
    const follower = cli.start(['replay', journal, '--follow', '--from', '131008']);
    await until(() => follower.stdout.length > 0);
    await until(() => inspectJournal(journal).files.at(-1)!.isPinned);
    const { stdout } = await cli.run(['journal', 'prune', journal, '--keep-bytes', '0', '--json']);
    expect(JSON.parse(stdout.toString()).removed.length).toBe(before - 1);
    await follower.kill('SIGTERM');
    expect(inspectJournal(journal).files.length).toBe(1);
  });
});
