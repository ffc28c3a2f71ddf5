import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Coordinator, createSegment } from '../../src/index.js';
import { attachedChild, Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';
import { COORDINATOR, coordinate, inspect } from './coordinating.js';

describe('of a directory there is one coordinator', () => {
  test('a second one is told who it is', async () => {
    const directory = scratchDirectory();
    const first = Child.start(COORDINATOR, directory);
    await first.line();
    const error = thrownBy(() => new Coordinator({ directory }));
    expect(error.code).toBe('ERR_HERMES_BUSY');
    expect(error.message).toMatch(new RegExp(`\\bprocess ${first.pid}\\b`));
  });

  test('one that was killed leaves its place free at once', async () => {
    const directory = scratchDirectory();
    for (let round = 0; round < 3; round++) {
      const first = Child.start(COORDINATOR, directory);
      await first.line();
      await first.kill('SIGKILL');
      coordinate({ directory }).stop();
    }
  });

  test('one that creates its segments is told by its own PID, not by the last one', () => {
    const directory = scratchDirectory();
    fs.writeFileSync(path.join(directory, '.coordinator'), JSON.stringify({ pid: 1, startedAtMs: 0, segments: {} }));
    const seen: string[] = [];
    const ticks = {
      get producers(): number {
        seen.push(thrownBy(() => new Coordinator({ directory })).message);
        return 1;
      },
      capacity: 65_536,
    };
    coordinate({ directory, segments: { ticks } });
    for (const message of seen) expect(message).toMatch(new RegExp(`\\bprocess ${process.pid}\\b`));
    expect(seen).not.toEqual([]);
  });

  test('one that has stopped leaves its place and lets the process end', async () => {
    const directory = scratchDirectory();
    coordinate({ directory }).stop();
    coordinate({ directory }).stop();
    const child = Child.start(
      `import { Coordinator } from 'hermes:index.js';
       new Coordinator({ directory: process.argv[1] }).stop();`,
      directory,
    );
    expect(await child.ended).toBe(0);
  });
});

describe('what inspect tells of it', () => {
  test('its process, where the segment came from, and what it did; nothing once it is gone', async () => {
    const directory = scratchDirectory();
    createSegment('other', { ...SMALL, directory });
    const coordinator = coordinate({ directory, segments: { ticks: SMALL } });
    const known = { pid: process.pid, reapCount: 0, lastReapAtMs: null, error: null };
    expect(inspect(directory).coordinator).toEqual({ ...known, origin: 'created' });
    expect(inspect(directory, 'other').coordinator).toEqual({ ...known, origin: 'found' });
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    await child.kill('SIGKILL');
    await until(() => (inspect(directory).coordinator?.reapCount ?? 0) > 0);
    coordinator.stop();
    expect(inspect(directory).coordinator).toBeNull();
  });

  test('nothing of one that was killed', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const child = Child.start(COORDINATOR, directory);
    await child.line();
    expect(inspect(directory).coordinator).toMatchObject({ pid: child.pid, origin: 'found' });
    await child.kill('SIGKILL');
    expect(inspect(directory).coordinator).toBeNull();
  });
});

test('takes its file again when somebody has removed it, and leaves that of another coordinator alone', async () => {
  const directory = scratchDirectory();
  const file = path.join(directory, '.coordinator');
  const first = coordinate({ directory, segments: { ticks: SMALL } });
  fs.rmSync(file);
  await until(() => inspect(directory).coordinator !== null);
  expect(codeOf(() => coordinate({ directory }))).toBe('ERR_HERMES_BUSY');
  fs.rmSync(file);
  coordinate({ directory });
  const { ino } = fs.statSync(file);
  first.declare({ trades: SMALL });
  expect(fs.statSync(file).ino).toBe(ino);
  expect(inspect(directory).coordinator).toMatchObject({ origin: 'found' });
});

test('killed and started again in the middle of traffic, it changes nothing for anybody', async () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, directory });
  const consumer = Child.start(
    `import { attachConsumer } from 'hermes:index.js';
     const consumer = attachConsumer('ticks', { directory: process.argv[1] });
     console.log('attached');
     let next = 0;
     let last = -1;
     const handler = ({ buffer, offset, length, sequence }) => {
       const number = buffer.readUInt32LE(offset);
       if (number === 0xffffffff) last = next;
       else if (number !== next++ || sequence !== number || length !== 4) throw new Error(number + ' instead of ' + next);
     };
     const turn = () => {
       consumer.poll(handler);
       if (last === -1) setImmediate(turn);
       else console.log(last), process.exit();
     };
     turn();`,
    directory,
  );
  await consumer.line();
  const producer = Child.start(
    `import { attachProducer } from 'hermes:index.js';
     const producer = attachProducer('ticks', { directory: process.argv[1] });
     let isEnding = false;
     process.stdin.once('data', () => { isEnding = true; });
     const payload = Buffer.alloc(4);
     let count = 0;
     const turn = () => {
       for (let i = 0; i < 20; i++) {
         payload.writeUInt32LE(isEnding ? 0xffffffff : count);
         if (producer.offer(payload) < 0) break;
         if (isEnding) return console.log(count), process.exit();
         count++;
       }
       setTimeout(turn, 1);
     };
     turn();`,
    directory,
  );
  const messages = () => inspect(directory).lanes[0]?.messages ?? 0;
  for (let round = 0; round < 4; round++) {
    const coordinator = Child.start(COORDINATOR, directory);
    await coordinator.line();
    const before = messages();
    await until(() => messages() > before + 500);
    await coordinator.kill('SIGKILL');
  }
  producer.tell('end');
  const sent = Number(await producer.line());
  expect(sent).toBeGreaterThan(2000);
  expect(Number(await consumer.line())).toBe(sent);
});

test.each([0, Number.NaN, -1])('an interval of %s milliseconds is refused', (reapIntervalMs) => {
  expect(codeOf(() => new Coordinator({ directory: scratchDirectory(), reapIntervalMs }))).toBe(
    'ERR_HERMES_INVALID_OPTION',
  );
});
