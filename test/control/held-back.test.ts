import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { attachConsumer, inspectSegment, removeGroup } from '../../src/index.js';
import { SLOT_PID_OFFSET } from '../../src/layout/participant-slot.js';
import { memberSlot } from '../../src/membership/places.js';
import { wordAt } from '../../src/ring/indices.js';
import { openSegment } from '../../src/segment/segment.js';
import { attachedPair, fillLane, offerNumbers } from '../support/attached-pair.js';
import { attachedChild, type Child } from '../support/child.js';
import { addDurableGroup, fullSegment } from '../support/held-segment.js';
import { codeOf } from '../support/thrown.js';
import { until } from '../support/until.js';

const memberOf = (directory: string, options: object = {}): Promise<Child> =>
  attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory, ...options })})`);

async function stop(child: Child): Promise<void> {
  process.kill(child.pid, 'SIGSTOP');
  await until(() => /^State:\s+T/m.test(fs.readFileSync(`/proc/${child.pid}/status`, 'ascii')));
}

describe('heldBackBy', () => {
  test('is null while there is room for the largest message, and once the group has gone', () => {
    const { directory, producer } = attachedPair();
    expect(producer.heldBackBy()).toBeNull();
    offerNumbers(producer, 0, 20);
    expect(producer.heldBackBy()).toBeNull();
    fillLane(producer);
    expect(producer.heldBackBy()).toMatchObject({ group: 'default', lane: 0 });
    attachConsumer('ticks', { directory, group: 'other' }).detach();
    expect(producer.heldBackBy()).toMatchObject({ group: 'default' });
  });

  test('tells of a durable group without members: how far behind, since when, and the command that mends it', () => {
    const before = Date.now() - 1;
    const { directory, producer, count } = fullSegment();
    const held = producer.heldBackBy()!;
    expect(held).toMatchObject({ group: 'default', durable: true, shared: false, reason: 'absent', members: [] });
    expect([held.lagCount, held.lagLength]).toEqual([count, producer.position]);
    expect(held.sinceMs).toBeGreaterThanOrEqual(before);
    expect(held.sinceMs).toBeLessThanOrEqual(Date.now() + 1);
    expect(held.command).toBe(`hermes groups ticks rm default --directory ${directory}`);
    expect(JSON.parse(JSON.stringify(held))).toEqual(held);
    removeGroup('ticks', 'default', { directory });
    expect(producer.heldBackBy()).toBeNull();
  });

  test('quotes a directory that a shell would take apart', async () => {
    const { directory, producer } = fullSegment();
    const odd = `${directory}/it's here`;
    fs.mkdirSync(odd, { mode: 0o700 });
    fs.linkSync(`${directory}/ticks`, `${odd}/ticks`);
    expect(producer.heldBackBy()!.command).not.toContain("'");
    expect(inspectSegment('ticks', { directory: odd }).lanes[0]!.heldBackBy).toEqual([]); // it has just been filled
    await setTimeout(1050);
    const [lane] = inspectSegment('ticks', { directory: odd }).lanes;
    expect(lane!.heldBackBy[0]!.command).toBe(
      `hermes groups ticks rm default --directory '${directory}/it'\\''s here'`,
    );
  });

  test('tells of a member that is stopped, with its command, and how to continue it', async () => {
    const { directory, producer } = fullSegment();
    const child = await memberOf(directory);
    await stop(child);
    expect(producer.heldBackBy()).toMatchObject({
      reason: 'stopped',
      members: [
        { pid: child.pid, state: 'stopped', alive: true, holds: true, command: expect.stringMatching(/^node/) },
      ],
      command: `kill -CONT ${child.pid}`,
    });
    process.kill(child.pid, 'SIGCONT');
  });

  test('tells a member that reads slowly from one that does not read, once it has looked for long enough', async () => {
    const { directory, producer } = fullSegment();
    using consumer = attachConsumer('ticks', { directory });
    expect(producer.heldBackBy()).toMatchObject({ reason: 'alive', members: [{ pid: process.pid, holds: true }] });
    await setTimeout(1050);
    expect(producer.heldBackBy()).toMatchObject({ reason: 'silent', command: `kill ${process.pid}` });
    consumer.poll(() => {}, 1);
    expect(producer.heldBackBy()).toMatchObject({ reason: 'slow', command: null });
  });

  test('of a shared group names the member whose batch is waited for', async () => {
    const { directory, producer } = fullSegment({ shared: true });
    using holder = attachConsumer('ticks', { directory });
    holder.read(() => {}, 1);
    const idle = await memberOf(directory);
    const { members, shared, remedy } = producer.heldBackBy()!;
    expect(shared).toBe(true);
    expect(members.map(({ pid, holds }) => [pid, holds])).toEqual([
      [process.pid, true],
      [idle.pid, false],
    ]);
    expect(remedy).toContain(`process ${process.pid} `);
    expect(remedy).not.toContain(`${idle.pid}`);
  });

  test('a member that was killed, and is not cleaned up after, counts as dead', async () => {
    const { directory, producer } = fullSegment();
    await (await memberOf(directory)).kill('SIGKILL');
    expect(producer.heldBackBy()).toMatchObject({ reason: 'dead', members: [{ state: 'dead', command: null }] });
  });

  test('does not take another process for a member that is in another PID namespace', async () => {
    const { directory, producer } = fullSegment();
    const child = await memberOf(directory);
    const segment = openSegment('ticks', { directory }, 'read-write');
    segment.memory.words[wordAt(memberSlot(segment, 0, 0).index, SLOT_PID_OFFSET)] = process.ppid; // has nothing of it open
    segment.close();
    expect(producer.heldBackBy()).toMatchObject({
      reason: 'elsewhere',
      members: [{ pid: process.ppid, state: 'elsewhere', alive: true, command: null }],
      command: null,
    });
    await child.kill('SIGKILL');
  });

  test('of several groups gives the slowest; inspectSegment gives all of them, the slowest first', async () => {
    const { directory, producer, count } = fullSegment();
    addDurableGroup(directory, 'audit');
    using reader = attachConsumer('ticks', { directory });
    reader.poll(() => {}, 2);
    expect(producer.heldBackBy()).toMatchObject({ group: 'audit', lagCount: count });
    await setTimeout(1050);
    const [lane] = inspectSegment('ticks', { directory }).lanes;
    expect(lane!.heldBackBy.map(({ group, lagCount }) => [group, lagCount])).toEqual([
      ['audit', count],
      ['default', count - 2],
    ]);
  });

  test('of a producer that has detached is misuse', () => {
    const { producer } = attachedPair();
    producer.detach();
    expect(codeOf(() => producer.heldBackBy())).toBe('ERR_HERMES_DETACHED');
  });

  test('while flush waits, tells of a group that has not acknowledged, though there is room', async () => {
    const { producer, consumer } = attachedPair();
    offerNumbers(producer, 0, 3);
    const flushed = producer.flush();
    await setTimeout(5);
    expect(producer.heldBackBy()).toMatchObject({ group: 'default', lagCount: 3, members: [{ pid: process.pid }] });
    consumer.poll(() => {});
    await flushed;
    expect(producer.heldBackBy()).toBeNull();
  });
});

describe('inspectSegment', () => {
  const waitsFor = (directory: string) => inspectSegment('ticks', { directory }).lanes[0]!.waitsFor;

  test('tells that a producer sleeps in send for want of room, and since when it has published nothing', async () => {
    const { directory, producer } = fullSegment();
    const published = Date.now();
    const sent = producer.send(Buffer.alloc(1000));
    await setTimeout(5);
    const [lane] = inspectSegment('ticks', { directory }).lanes;
    expect(lane).toMatchObject({ waitsFor: 'room', producer: { state: 'asleep' }, heldBackBy: [{ reason: 'absent' }] });
    expect(Math.abs(lane!.heldBackBy[0]!.sinceMs! - published)).toBeLessThan(1000);
    removeGroup('ticks', 'default', { directory });
    await sent;
    expect(waitsFor(directory)).toBeNull();
  });

  test('tells that a producer sleeps in flush', async () => {
    const { directory, producer, consumer } = attachedPair();
    offerNumbers(producer, 0, 3);
    expect(waitsFor(directory)).toBeNull();
    const flushed = producer.flush();
    await setTimeout(5);
    expect(waitsFor(directory)).toBe('acknowledgement');
    consumer.poll(() => {});
    await flushed;
    expect(waitsFor(directory)).toBeNull();
  });

  test('takes a full lane whose producer does not sleep for held back when nothing was published for a second', async () => {
    const { directory } = fullSegment();
    expect(waitsFor(directory)).toBeNull();
    await setTimeout(1050);
    expect(waitsFor(directory)).toBe('room');
  });
});
