import { beforeEach, describe, expect, test } from 'vitest';
import { attachProducer, type GroupInspection, type LaneInspection } from '../../src/index.js';
import { CommandLine, jsonLines } from './command-line.js';
import { send } from './segment-traffic.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

interface InspectionJson {
  readonly name: string;
  readonly lanes: readonly LaneInspection[];
  readonly groups: readonly GroupInspection[];
  readonly [field: string]: unknown;
}

async function inspect(name: string): Promise<InspectionJson> {
  const { stdout, code } = await cli.runHere(['inspect', name, '--json']);
  expect(code).toBe(0);
  const [inspection, ...more] = jsonLines<InspectionJson>(stdout);
  expect(more).toEqual([]);
  return inspection!;
}

const succeeded = { code: 0, signal: null };

describe('hermes create', () => {
  test('makes what it is told to, and says where on stderr alone', async () => {
    const shape = ['--producers', '3', '--max-groups', '2', '--members', '5', '--capacity', '128KiB'];
    const records = ['--max-payload', '4KiB', '--checksum', '--no-timestamps', '--mode', '0640'];
    const outcome = await cli.run(['create', 'ticks', ...shape, ...records]);
    expect(outcome).toMatchObject({ ...succeeded, stdout: Buffer.alloc(0) });
    expect(outcome.stderr).toContain(`${cli.directory}/ticks`);
    expect(await inspect('ticks')).toMatchObject({
      name: 'ticks',
      path: `${cli.directory}/ticks`,
      producers: 3,
      maxGroups: 2,
      members: 5,
      capacity: 131_072,
      maxPayload: 4096,
      checksum: true,
      timestamps: false,
    });
  });

  test('makes the documented defaults', async () => {
    expect(await cli.run(['create', 'ticks'])).toMatchObject(succeeded);
    const { createdAtNs, ...inspection } = await inspect('ticks');
    expect(inspection).toMatchObject({
      producers: 8,
      maxGroups: 8,
      members: 8,
      capacity: 1_048_576,
      maxPayload: 65_536,
      checksum: false,
      timestamps: true,
      isOfThisBoot: true,
      isRemoved: false,
      lanes: [],
    });
    expect(inspection.groups).toMatchObject([{ name: 'default', mode: 'reliable', durable: true, members: [] }]);
    const ageMs = Date.now() - Number(BigInt(createdAtNs as string) / 1_000_000n);
    expect(Math.abs(ageMs)).toBeLessThan(60_000);
  });

  test('fails when there is one of that name, and leaves it as it is', async () => {
    await cli.runHere(['create', 'ticks', '--producers', '3']);
    const outcome = await cli.run(['create', 'ticks', '--producers', '4']);
    expect(outcome).toMatchObject({ code: 1, stdout: Buffer.alloc(0) });
    expect(outcome.stderr).toMatch(/ERR_HERMES_SEGMENT_EXISTS.*ticks/);
    expect(await inspect('ticks')).toMatchObject({ producers: 3 });
  });
});

describe('hermes ls', () => {
  test('prints nothing on stdout when there is nothing', async () => {
    for (const args of [['ls'], ['ls', '--json']]) {
      expect(await cli.run(args)).toMatchObject({ ...succeeded, stdout: Buffer.alloc(0) });
    }
  });

  test('lists segments by name, with what is in them', async () => {
    await cli.runHere(['create', 'ticks', '--producers', '2']);
    await cli.runHere(['create', 'audit']);
    send({ name: 'ticks', directory: cli.directory }, ['1', '2', '3']);
    using _producer = attachProducer('ticks', { directory: cli.directory });
    const table = await cli.run(['ls']);
    expect(table).toMatchObject({ ...succeeded, stderr: '' });
    const [header, ...rows] = table.stdout.toString().trimEnd().split('\n');
    expect(header).toMatch(/^NAME +SIZE +PRODUCERS +GROUPS +MESSAGES +LAG +STATE$/);
    expect(rows).toEqual([
      expect.stringMatching(/^audit +[\d.]+ MiB +0\/8 +1\/8 +0 +0 B +ready$/),
      expect.stringMatching(/^ticks +[\d.]+ MiB +1\/2 +1\/8 +3 +192 B +ready$/),
    ]);
    const listed = jsonLines<InspectionJson>((await cli.run(['ls', '--json'])).stdout);
    expect(listed).toEqual([await inspect('audit'), expect.objectContaining({ name: 'ticks', producers: 2 })]);
  });
});

describe('hermes inspect', () => {
  test('tells who is attached and how far each has got', async () => {
    const place = { name: 'ticks', directory: cli.directory };
    await cli.runHere(['create', 'ticks']);
    send(place, ['one', 'two', 'three']);
    await cli.run(['consume', 'ticks', '--count', '1']);
    using producer = attachProducer('ticks', { directory: cli.directory });
    const { lanes, groups } = await inspect('ticks');
    expect(lanes).toMatchObject([{ lane: producer.lane, messages: 3, position: 192, attachCount: 2 }]);
    expect(lanes[0]!.producer).toMatchObject({ pid: process.pid, alive: true });
    expect(groups).toMatchObject([{ name: 'default', members: [], lagLength: 128, lagCount: 2 }]);

    const text = (await cli.run(['inspect', 'ticks'])).stdout.toString();
    expect(text).toMatch(/^LANE +MESSAGES +POSITION/m);
    expect(text).toMatch(new RegExp(`^ *0 +3 +192 +0 +0\\n {4}process ${process.pid} \\(node.*\\): alive, `, 'm'));
    expect(text).toMatch(/^default +reliable durable +128 B +2\b/m);
  });
});

describe('hermes rm', () => {
  test('removes a segment', async () => {
    await cli.runHere(['create', 'ticks']);
    expect(await cli.run(['rm', 'ticks'])).toMatchObject({ ...succeeded, stdout: Buffer.alloc(0) });
    expect(cli.files).toEqual([]);
  });
});
