import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  Coordinator,
  type CreateOptions,
  createSegment,
  inspectSegment,
} from '../../src/index.js';
import { SLOT_HEARTBEAT_OFFSET, SLOT_PID_OFFSET } from '../../src/layout/participant-slot.js';
import { memberSlot, producerSlot } from '../../src/membership/places.js';
import { Reaper, reap } from '../../src/membership/reap.js';
import { wordAt } from '../../src/ring/indices.js';
import { attachedChild, Child } from '../support/child.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';
import { until } from '../support/until.js';

/** Longer than a slow timer, and than many looks of a coordinator and of a producer that is refused. */
const MANY_LOOKS_MS = 600;
const CHURN_MS = 1500;

function newSegment(options: CreateOptions = {}): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 3, ...options, directory });
  return directory;
}

const inspect = (directory: string) => inspectSegment('ticks', { directory });
const child = (role: 'Producer' | 'Consumer', options: object) =>
  attachedChild(`attach${role}('ticks', ${JSON.stringify(options)})`);

/** Somebody who reaps, in a loop, until it is killed. */
async function reaper(directory: string): Promise<Child> {
  const looping = Child.start(
    `import { openSegment } from 'hermes:segment/segment.js';
     import { reap } from 'hermes:membership/reap.js';
     import { withControlLock } from 'hermes:membership/control-lock.js';
     const segment = openSegment('ticks', { directory: process.argv[1] }, 'read-write');
     console.log('reaping');
     const parked = new Int32Array(new SharedArrayBuffer(4));
     for (;;) {
       withControlLock(segment, () => reap(segment));
       Atomics.wait(parked, 0, 0, 0.1); // so that those who attach get their turn
     }`,
    directory,
  );
  await looping.line();
  return looping;
}

/** Attaches and is killed while it is attached, again and again, in processes of its own: one that does so for the given time. */
async function churn(directory: string, role: 'producer' | 'guest'): Promise<Child> {
  const churning = Child.start(
    `import { attachConsumer, attachProducer } from 'hermes:index.js';
     const [, directory, role, ms] = process.argv;
     const end = performance.now() + Number(ms);
     console.log('attaching');
     let count = 0;
     for (; performance.now() < end; count++) {
       const participant = role === 'producer'
         ? attachProducer('ticks', { directory })
         : attachConsumer('ticks', { directory, group: 'guests-' + process.pid });
       if (role === 'producer') participant.offer(Buffer.from('x'));
       else participant.poll(() => {});
       participant.detach();
     }
     console.log(count);`,
    directory,
    role,
    String(CHURN_MS),
  );
  await churning.line();
  return churning;
}

describe('a stopped (SIGSTOP) participant is alive', () => {
  test('while others attach, a producer is refused, and a coordinator looks', async () => {
    const directory = newSegment({ producers: 3 });
    const coordinator = new Coordinator({ directory, reapIntervalMs: 5 });
    try {
      const stopped = [await child('Producer', { directory }), await child('Consumer', { directory, group: 'guests' })];
      for (const { pid } of stopped) process.kill(pid, 'SIGSTOP');
      using reader = attachConsumer('ticks', { directory });
      using producer = attachProducer('ticks', { directory });
      const end = performance.now() + MANY_LOOKS_MS;
      while (performance.now() < end) {
        for (let i = 0; i < 200; i++) producer.offer(Buffer.alloc(992));
        while (reader.poll(() => {}) > 0);
        attachProducer('ticks', { directory }).detach();
        await sleep(5); // the timers, too
      }
      expect(producer.offer(Buffer.alloc(992))).toBe(BACK_PRESSURED);
      const { lanes, groups } = inspect(directory);
      expect(lanes[0]).toMatchObject({ attachCount: 1, producer: { pid: stopped[0]!.pid, alive: true } });
      expect(groups[1]).toMatchObject({ name: 'guests', members: [{ pid: stopped[1]!.pid, alive: true }] });
      expect(coordinator.segments.ticks!.reapCount).toBe(0);
      // The counterpart: what was not done to the stopped is done to the dead.
      for (const each of stopped) await each.kill('SIGKILL');
      await until(() => inspect(directory).groups.length === 1 && inspect(directory).lanes[0]!.producer === null);
      expect(producer.offer(Buffer.alloc(992))).toBeGreaterThan(0);
    } finally {
      coordinator.stop();
    }
  });

  test('goes on afterwards where it was', async () => {
    const directory = newSegment();
    const consumer = Child.start(
      `import { attachConsumer } from 'hermes:index.js';
       const consumer = attachConsumer('ticks', { directory: process.argv[1] });
       console.log('attached');
       setInterval(() => consumer.poll(({ payload }) => console.log(payload.toString())), 1);`,
      directory,
    );
    await consumer.line();
    process.kill(consumer.pid, 'SIGSTOP');
    using producer = attachProducer('ticks', { directory });
    producer.offer(Buffer.from('first'));
    for (let i = 0; i < 20; i++) new Reaper(openRaw(directory)).reapIfNeeded();
    process.kill(consumer.pid, 'SIGCONT');
    expect(await consumer.line()).toBe('first');
    producer.offer(Buffer.from('second'));
    expect(await consumer.line()).toBe('second');
  });
});

describe('what a slot says of PID and heartbeat is no proof', () => {
  test("of life: a dead one's is reaped with the PID of one who lives, and a heartbeat of this moment", async () => {
    const directory = newSegment();
    const segment = openRaw(directory);
    const dead = [await child('Producer', { directory }), await child('Consumer', { directory })];
    for (const each of dead) await each.kill('SIGKILL');
    for (const { index } of [producerSlot(segment, 0), memberSlot(segment, 0, 0)]) {
      segment.memory.words[wordAt(index, SLOT_PID_OFFSET)] = process.pid;
      segment.memory.times[wordAt(index, SLOT_HEARTBEAT_OFFSET) >>> 1] = BigInt(Date.now()) * 1_000_000n;
    }
    expect(inspect(directory).lanes[0]!.producer).toMatchObject({ pid: process.pid, alive: false });
    expect(new Reaper(segment).reapIfNeeded()).toBe(true);
    expect(inspect(directory).lanes[0]!.producer).toBeNull();
    expect(inspect(directory).groups[0]!.members).toEqual([]);
  });

  test("of death: a living one's is not, with the PID of nobody, and a heartbeat of long ago", async () => {
    const directory = newSegment();
    const segment = openRaw(directory);
    const gone = await child('Producer', { directory });
    await gone.kill('SIGKILL');
    using producer = attachProducer('ticks', { directory });
    using consumer = attachConsumer('ticks', { directory, group: 'guests' });
    for (const { index } of [producerSlot(segment, 0), memberSlot(segment, 1, 0)]) {
      segment.memory.words[wordAt(index, SLOT_PID_OFFSET)] = gone.pid;
      segment.memory.times[wordAt(index, SLOT_HEARTBEAT_OFFSET) >>> 1] = 0n;
    }
    expect(new Reaper(segment).reapIfNeeded()).toBe(false);
    reap(segment);
    expect(inspect(directory).lanes[0]!.producer).toMatchObject({ pid: gone.pid, alive: true });
    expect(inspect(directory).groups[1]).toMatchObject({ name: 'guests', members: [{ pid: gone.pid, alive: true }] });
    expect(codeOf(() => attachProducer('ticks', { directory }))).toBe('ERR_HERMES_NO_FREE_LANE');
    producer.offer(Buffer.from('through'));
    expect(consumer.poll(() => {})).toBe(1);
  });
});

describe('several who reap', () => {
  test('at once, while participants come and go, take nothing from the living', async () => {
    const directory = newSegment({ producers: 4, maxGroups: 4 });
    using reader = attachConsumer('ticks', { directory });
    using producer = attachProducer('ticks', { directory });
    await reaper(directory);
    await reaper(directory);
    const churning = [await churn(directory, 'producer'), await churn(directory, 'guest')];
    const counts = churning.map((each) => each.line()); // not for long: each ends by itself
    let isOver = false;
    const all = Promise.all(counts).finally(() => {
      isOver = true;
    });
    let sent = 0;
    let received = 0;
    const drain = () => reader.poll(({ lane }) => void (lane === producer.lane && received++));
    while (!isOver) {
      if (producer.offer(Buffer.alloc(8)) > 0) sent++;
      drain();
      await sleep(1);
    }
    for (const count of await all) expect(Number(count)).toBeGreaterThan(10);
    while (drain() > 0);
    expect([received, reader.lost]).toEqual([sent, 0]);
    const { lanes, groups } = inspect(directory);
    expect(lanes[producer.lane]).toMatchObject({ attachCount: 1, producer: { pid: process.pid, alive: true } });
    expect(groups).toMatchObject([{ name: 'default', members: [{ pid: process.pid }] }]);
  });

  test('may be killed half-way: the next does it again, and nothing is wrong', async () => {
    const directory = newSegment({ producers: 2, maxGroups: 3 });
    using reader = attachConsumer('ticks', { directory });
    using producer = attachProducer('ticks', { directory });
    for (let round = 0; round < 6; round++) {
      const reaping = await reaper(directory);
      const dead = [await child('Producer', { directory }), await child('Consumer', { directory, group: 'guests' })];
      for (const each of dead) process.kill(each.pid, 'SIGKILL');
      await sleep(2 * (round % 3)); // so that the reaper is killed before, while and after it finds them
      await reaping.kill('SIGKILL');
      for (const each of dead) await each.ended;
      attachProducer('ticks', { directory }).detach(); // waits for nobody's lock but the kernel's
      const { lanes, groups } = inspect(directory);
      expect(lanes.map((lane) => lane.producer?.pid)).toEqual([process.pid, undefined]);
      expect(groups).toMatchObject([{ name: 'default', members: [{ pid: process.pid, alive: true }] }]);
      expect(producer.offer(Buffer.from([round]))).toBeGreaterThan(0);
      const seen: number[] = [];
      reader.poll(({ buffer, offset }) => seen.push(buffer[offset]!));
      expect(seen).toEqual([round]);
    }
  });

  test('while others attach and are killed, end with every place free', async () => {
    const directory = newSegment({ producers: 4, maxGroups: 4 });
    await reaper(directory);
    for (let round = 0; round < 6; round++) {
      const attaching = [
        Child.start(
          `import { attachProducer } from 'hermes:index.js';
           console.log('attaching');
           for (;;) attachProducer('ticks', { directory: process.argv[1] }).detach();`,
          directory,
        ),
        Child.start(
          `import { attachConsumer } from 'hermes:index.js';
           console.log('attaching');
           for (;;) attachConsumer('ticks', { directory: process.argv[1], group: 'guests' }).detach();`,
          directory,
        ),
      ];
      for (const each of attaching) await each.line();
      await sleep(20 + 7 * round);
      for (const each of attaching) await each.kill('SIGKILL');
      await until(() => inspect(directory).lanes.every((lane) => lane.producer === null));
      await until(() => inspect(directory).groups.length === 1);
    }
    const producers = [1, 2, 3, 4].map(() => attachProducer('ticks', { directory }));
    const guests = ['a', 'b', 'c'].map((group) => attachConsumer('ticks', { directory, group }));
    for (const each of [...producers, ...guests]) each.detach();
    expect(inspect(directory).groups.map(({ name }) => name)).toEqual(['default']);
  });
});
