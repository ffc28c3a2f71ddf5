import { beforeEach, describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  createSegment,
  type GroupInspection,
  inspectSegment,
} from '../../src/index.js';
import { attachedChild, Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { CommandLine, jsonLines } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

/** As JSON has it: BigInts are strings. */
type Group = Omit<GroupInspection, 'createdAtNs'> & { readonly createdAtNs: string };

const at = () => ({ directory: cli.directory });
const groupNames = () => inspectSegment('ticks', at()).groups.map(({ name }) => name);

/** A member of the work queue `default` that has claimed five messages and died. */
async function leaveAnOrphan(): Promise<number> {
  const child = Child.start(
    `import { attachConsumer } from 'hermes:index.js';
     const consumer = attachConsumer('ticks', { directory: process.argv[1] });
     consumer.read(() => {}, 5);
     console.log('holding');
     setInterval(() => consumer, 1000);`,
    cli.directory,
  );
  await child.line();
  await child.kill('SIGKILL');
  return child.pid;
}

describe('hermes groups', () => {
  beforeEach(() => {
    createSegment('ticks', { ...SMALL, maxGroups: 4, members: 3, shared: true, ...at() });
  });

  test('lists the groups: lag, members, orphans, what was redelivered and lost', async () => {
    using producer = attachProducer('ticks', at());
    using _watch = attachConsumer('ticks', { group: 'watch', mode: 'lossy', ...at() });
    for (let i = 0; i < 10; i++) producer.offer(Buffer.alloc(32));
    const pid = await leaveAnOrphan();
    const { code, stdout, stderr } = await cli.run(['groups', 'ticks']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [header, crew, member, watch, watcher, ...rest] = stdout.toString().trimEnd().split('\n');
    expect(header).toMatch(/^GROUP +KIND +LAG +MESSAGES +LOST +ORPHANS +REDELIVERED$/);
    expect(crew).toMatch(/^default +reliable durable shared +320 B +5 +1 +0$/);
    expect(member).toMatch(new RegExp(`^    process ${pid}: dead, attached \\S+$`));
    expect(watch).toMatch(/^watch +lossy ephemeral +0$/);
    expect(watcher).toMatch(
      new RegExp(`^    process ${process.pid} \\(node.*\\): alive, heartbeat \\d+\\.\\d s ago.*, attached \\S+$`),
    );
    expect(rest).toEqual([]);
  });

  test('--json gives one object a line', async () => {
    using producer = attachProducer('ticks', at());
    for (let i = 0; i < 10; i++) producer.offer(Buffer.alloc(32));
    const pid = await leaveAnOrphan();
    attachConsumer('ticks', { group: 'books', durable: true, ...at() }).detach();
    const { stdout } = await cli.run(['groups', 'ticks', '--json']);
    const [crew, books, ...rest] = jsonLines<Group>(stdout);
    expect(crew).toMatchObject({ name: 'default', mode: 'reliable', shared: true, durable: true, orphanCount: 1 });
    expect(crew).toMatchObject({ lagLength: 320, lagCount: 5, redelivered: 0, members: [{ pid, alive: false }] });
    expect(books).toMatchObject({ name: 'books', shared: false, durable: true, members: [], lagCount: 0 });
    expect(crew!.createdAtNs).toMatch(/^\d{19}$/);
    expect(rest).toEqual([]);
  });

  test('counts what was handed out again to another member', async () => {
    using producer = attachProducer('ticks', at());
    for (let i = 0; i < 10; i++) producer.offer(Buffer.alloc(32));
    await leaveAnOrphan();
    using member = attachConsumer('ticks', at());
    const again: number[] = [];
    while (again.length < 10) member.poll(({ sequence, redelivered }) => again.push(redelivered ? sequence : -1));
    expect(again.filter((sequence) => sequence >= 0)).toEqual([0, 1, 2, 3, 4]);
    const [crew] = jsonLines<Group>((await cli.run(['groups', 'ticks', '--json'])).stdout);
    expect(crew).toMatchObject({ orphanCount: 0, redelivered: 5, lagCount: 0, members: [{ pid: process.pid }] });
  });

  test('rm removes a durable group that nobody is attached to: producers go on', async () => {
    expect((await cli.run(['groups', 'ticks', 'rm', 'default'])).code).toBe(0);
    using producer = attachProducer('ticks', at());
    attachConsumer('ticks', { group: 'books', durable: true, ...at() }).detach();
    while (producer.offer(Buffer.alloc(992)) !== BACK_PRESSURED);
    const { code, stdout, stderr } = await cli.run(['groups', 'ticks', 'rm', 'books']);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/Removed the group books of ticks, and \d+ messages that it had not read\./);
    expect(groupNames()).toEqual([]);
    for (let i = 0; i < 200; i++) expect(producer.offer(Buffer.alloc(992))).toBeGreaterThan(0);
    const list = await cli.run(['groups', 'ticks']);
    expect([list.stdout.toString(), list.stderr]).toEqual(['', expect.stringContaining('No groups')]);
    expect((await cli.run(['groups', 'ticks', '--json'])).stdout.toString()).toBe('');
  });

  test('rm refuses a group with living members, and names them', async () => {
    const options = JSON.stringify(at());
    const [one, two] = [
      await attachedChild(`attachConsumer('ticks', ${options})`),
      await attachedChild(`attachConsumer('ticks', ${options})`),
    ];
    const { code, stderr } = await cli.run(['groups', 'ticks', 'rm', 'default']);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`ERR_HERMES_BUSY.*processes ${one.pid}, ${two.pid}\\b`));
    expect(groupNames()).toEqual(['default']);
  });

  test('rm of a group that there is not ends with 1 and says which there are', async () => {
    const { code, stderr } = await cli.run(['groups', 'ticks', 'rm', 'books']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ERR_HERMES_GROUP_NOT_FOUND.*books.*default/);
  });

  test.each([
    [['groups', 'ticks', 'rm'], /which group/],
    [['groups', 'ticks', 'drop', 'books'], /drop/],
    [['groups', 'ticks', 'rm', '../x'], /ERR_HERMES_INVALID_NAME/],
    [['groups'], /argument is missing/],
  ])('a wrong command line ends with 2: %j', async (args, words) => {
    const { code, stderr } = await cli.runHere(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(groupNames()).toEqual(['default']);
  });

  test('of a segment that there is not ends with 1', async () => {
    expect(await cli.run(['groups', 'tocks'])).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_FOUND') });
  });
});

describe('hermes inspect --json', () => {
  test('tells of participants, orphans, redelivery, back-pressure and the coordinator', async () => {
    createSegment('ticks', { ...SMALL, producers: 2, maxGroups: 2, members: 2, shared: true, ...at() });
    const before = BigInt(Date.now() - 1000) * 1_000_000n;
    using producer = attachProducer('ticks', at());
    const dead = await attachedChild(`attachProducer('ticks', ${JSON.stringify(at())})`);
    await dead.kill('SIGKILL');
    while (producer.offer(Buffer.alloc(992)) !== BACK_PRESSURED);
    const orphan = await leaveAnOrphan(); // attaching, it has cleaned up after the producer
    const { code, stdout } = await cli.run(['inspect', 'ticks', '--json']);
    expect(code).toBe(0);
    const [segment] = jsonLines<Record<string, never>>(stdout) as unknown as [
      { lanes: { producer: Record<string, unknown> }[]; groups: { members: Record<string, unknown>[] }[] },
    ];
    expect(segment).toMatchObject({ name: 'ticks', producers: 2, coordinator: null, isOfThisBoot: true });
    expect(segment.lanes).toMatchObject([
      { lane: 0, messages: 64, backPressured: 1, abortedClaims: 0, attachCount: 1 },
      { lane: 1, messages: 0, backPressured: 0, producer: null, attachCount: 1 },
    ]);
    expect(segment.groups).toMatchObject([{ orphanCount: 1, redelivered: 0, lost: 0, lagCount: 59 }]);
    for (const [participant, pid, alive] of [
      [segment.lanes[0]!.producer, process.pid, true],
      [segment.groups[0]!.members[0]!, orphan, false],
    ] as const) {
      expect(participant).toMatchObject({ pid, alive, threadId: expect.any(Number) });
      expect(BigInt(participant.attachedAtNs as string)).toBeGreaterThan(before);
      expect(BigInt(participant.heartbeatNs as string)).toBeGreaterThanOrEqual(
        BigInt(participant.attachedAtNs as string),
      );
    }
  });

  test('the heartbeat goes on while a participant does, and only then', async () => {
    createSegment('ticks', { ...SMALL, ...at() });
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify(at())})`);
    const heartbeat = () => inspectSegment('ticks', at()).lanes[0]!.producer!.heartbeatNs;
    const first = heartbeat();
    while (heartbeat() === first) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(child.pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = heartbeat();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(heartbeat()).toBe(last);
    expect(inspectSegment('ticks', at()).lanes[0]!.producer).toMatchObject({ pid: child.pid, alive: true });
  });
});
