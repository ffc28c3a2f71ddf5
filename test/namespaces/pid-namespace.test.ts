import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment } from '../../src/index.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';
import { mayEnter, startContainer } from './container.js';

const UNSHARE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const ENTER = ['unshare', ...UNSHARE];

/** Node with a PID namespace and a /proc of its own. */
const contained = (module: string, directory: string) => startContainer(ENTER, module, directory);

/** Prints its PID, which is 1 in every container, once it is attached, and runs what follows. */
const attached = (attach: string, then = '') => `
  const participant = ${attach};
  console.log('attached as ' + process.pid);
  setInterval(() => participant, 1000);
  ${then}`;
const PRODUCER = `attachProducer('ticks', { directory: process.argv[1] })`;
const MEMBER = `attachConsumer('ticks', { directory: process.argv[1] })`;

describe.runIf(mayEnter(ENTER))('containers that share the directory, each with PIDs of its own', () => {
  test('exchange messages, in order and without loss', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const consumer = contained(
      attached(
        MEMBER,
        `let next = 0;
         const turn = () => {
           participant.poll(({ buffer, offset }) => {
             if (buffer.readUInt32LE(offset) !== next++) throw new Error('not ' + (next - 1));
           });
           if (next === 5000) console.log('all'), process.exit();
           setImmediate(turn);
         };
         turn();`,
      ),
      directory,
    );
    expect(await consumer.line()).toBe('attached as 1');
    const producer = contained(
      attached(
        PRODUCER,
        `let sent = 0;
         const payload = Buffer.alloc(100);
         const turn = () => {
           while (sent < 5000) {
             payload.writeUInt32LE(sent);
             if (participant.offer(payload) < 0) return setImmediate(turn);
             sent++;
           }
         };
         turn();`,
      ),
      directory,
    );
    expect(await producer.line()).toBe('attached as 1');
    expect(inspectSegment('ticks', { directory }).lanes[0]!.producer).toMatchObject({ pid: 1, alive: true });
    expect(await consumer.line()).toBe('all');
  });

  test('see each other alive, though the same PID is another process, or none, where they are', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const first = contained(attached(MEMBER), directory);
    await first.line();
    const second = contained(
      `try {
         attachConsumer('ticks', { directory: process.argv[1] });
       } catch (error) {
         console.log(error.code);
       }`,
      directory,
    );
    expect(await second.line()).toBe('ERR_HERMES_NO_FREE_MEMBER');
    expect(thrownBy(() => attachConsumer('ticks', { directory })).message).toContain('process 1)');
  });

  test('one that is killed is reaped by another, which takes its places', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, maxGroups: 2, directory });
    const dead = [
      contained(attached(PRODUCER), directory),
      contained(attached(MEMBER), directory),
      contained(attached(`attachConsumer('ticks', { directory: process.argv[1], group: 'guests' })`), directory),
    ];
    for (const container of dead) expect(await container.line()).toBe('attached as 1');
    const groups = () => inspectSegment('ticks', { directory }).groups;
    expect(groups().map(({ name }) => name)).toEqual(['default', 'guests']);
    for (const container of dead) await container.kill();
    const heirs = [contained(attached(PRODUCER), directory), contained(attached(MEMBER), directory)];
    for (const container of heirs) expect(await container.line()).toBe('attached as 1');
    expect(groups()).toMatchObject([{ name: 'default', members: [{ pid: 1, alive: true }] }]);
    expect(inspectSegment('ticks', { directory }).lanes).toMatchObject([
      { attachCount: 2, producer: { pid: 1, alive: true } },
    ]);
  });

  test('a coordinator in one reaps the dead of another', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const coordinator = contained(
      `new Coordinator({ directory: process.argv[1] });
       console.log('coordinating');`,
      directory,
    );
    await coordinator.line();
    const dead = contained(attached(PRODUCER), directory);
    await dead.line();
    const producer = () => inspectSegment('ticks', { directory }).lanes[0]!.producer;
    expect(producer()).toMatchObject({ alive: true });
    await dead.kill();
    await until(() => producer() === null);
  });

  test('wake each other: a consumer that sleeps, and a producer that sleeps for room', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const unaided = 'globalThis.setInterval = () => ({ unref: () => {} });'; // nothing but the doorbell wakes them
    const consumer = contained(
      `${unaided}
       const consumer = attachConsumer('ticks', { directory: process.argv[1], idle: 'doorbell' });
       console.log('sleeps');
       let next = 0;
       for await (const { payload } of consumer) {
         if (payload.readUInt32LE() !== next++) throw new Error('not ' + (next - 1));
         if (next < 500) continue;
         consumer.acknowledge();
         break;
       }
       console.log('all');`,
      directory,
    );
    expect(await consumer.line()).toBe('sleeps');
    const producer = contained(
      `${unaided}
       const producer = attachProducer('ticks', { directory: process.argv[1], idle: 'doorbell' });
       const payload = Buffer.alloc(1000);
       for (let i = 0; i < 500; i++) {
         payload.writeUInt32LE(i);
         await producer.send(payload);
         if (i % 5 === 0) await producer.flush();
       }
       await producer.flush();
       console.log('handled');
       producer.detach();`,
      directory,
    );
    expect(await consumer.line()).toBe('all');
    expect(await producer.line()).toBe('handled');
  });

  test('what a killed member held goes to a member in another', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, members: 2, shared: true, directory });
    using producer = attachProducer('ticks', { directory });
    for (let i = 0; i < 10; i++) producer.offer(Buffer.from([i]));
    const holder = contained(
      `const consumer = ${MEMBER};
       consumer.read(() => {}, 5);
       console.log('holding');
       setInterval(() => consumer, 1000);`,
      directory,
    );
    await holder.line();
    const heir = contained(
      attached(
        MEMBER,
        `const seen = new Set();
         const timer = setInterval(() => {
           participant.poll(({ sequence }) => seen.add(sequence));
           if (seen.size === 10) console.log('all'), process.exit();
         }, 1);`,
      ),
      directory,
    );
    await heir.line();
    await holder.kill();
    expect(await heir.line()).toBe('all');
    expect(inspectSegment('ticks', { directory }).groups[0]!.redelivered).toBe(5);
  });
});
