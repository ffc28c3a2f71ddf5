import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, removeGroup } from '../../src/index.js';
import { attachedPair, fillLane } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { blockedProducer, sleepingConsumer, smallSegment, UNAIDED } from './sleeping.js';

describe('a producer that sleeps for room is woken', () => {
  test('by the position of an exclusive group', async () => {
    const directory = smallSegment();
    using consumer = attachConsumer('ticks', { directory });
    const producer = await blockedProducer(directory);
    consumer.poll(() => {}, 10);
    expect(await producer.line()).toBe('sent');
  });

  test('by the last of several groups', async () => {
    const directory = smallSegment();
    using consumer = attachConsumer('ticks', { directory });
    using second = attachConsumer('ticks', { directory, group: 'second' });
    const producer = await blockedProducer(directory);
    consumer.poll(() => {}, 10);
    await setTimeout(5);
    second.poll(() => {}, 10);
    expect(await producer.line()).toBe('sent');
  });

  test('by a member of a shared group that acknowledges what it held', async () => {
    const directory = smallSegment({ shared: true });
    using holder = attachConsumer('ticks', { directory });
    using other = attachConsumer('ticks', { directory });
    const producer = await blockedProducer(directory);
    holder.read(() => {}, 5);
    while (other.poll(() => {}) > 0);
    await setTimeout(5); // what the holder has in flight is in the way
    holder.acknowledge();
    expect(await producer.line()).toBe('sent');
  });

  test('by what for await acknowledges', async () => {
    const directory = smallSegment();
    using consumer = attachConsumer('ticks', { directory });
    const producer = await blockedProducer(directory);
    let count = 0;
    for await (const _ of consumer) if (++count === 10) break;
    expect(await producer.line()).toBe('sent');
  });

  test('by removeGroup', async () => {
    const directory = smallSegment();
    const producer = await blockedProducer(directory);
    removeGroup('ticks', 'default', { directory });
    expect(await producer.line()).toBe('sent');
  });

  test('when the last member of an ephemeral group detaches', async () => {
    const directory = smallSegment();
    removeGroup('ticks', 'default', { directory });
    const guest = attachConsumer('ticks', { directory, group: 'guest' });
    const producer = await blockedProducer(directory);
    guest.detach();
    expect(await producer.line()).toBe('sent');
  });

  test('when the last member of an ephemeral group is SIGKILLed, by its slow look', async () => {
    const directory = smallSegment();
    removeGroup('ticks', 'default', { directory });
    const guest = sleepingConsumer(directory, `group: 'guest'`);
    expect(await guest.line()).toBe('sleeps');
    process.kill(guest.pid, 'SIGSTOP');
    const producer = await blockedProducer(directory, '');
    await guest.kill('SIGKILL');
    expect(await producer.line()).toBe('sent');
  });

  test('by the adoption of what a killed member held', async () => {
    const directory = smallSegment({ shared: true });
    const dead = Child.start(
      `import { attachConsumer } from 'hermes:index.js';
       const consumer = attachConsumer('ticks', { directory: process.argv[1] });
       console.log('attached');
       process.stdin.once('data', () => {
         consumer.read(() => {}, 5);
         console.log('holds');
       });
       setInterval(() => consumer, 1000);`,
      directory,
    );
    expect(await dead.line()).toBe('attached');
    const producer = await blockedProducer(directory);
    dead.tell('read');
    expect(await dead.line()).toBe('holds');
    using heir = attachConsumer('ticks', { directory });
    while (heir.poll(() => {}) > 0);
    await dead.kill('SIGKILL');
    for await (const [message] of heir.batches()) {
      expect(message).toMatchObject({ redelivered: true, sequence: 0 });
      heir.acknowledge();
      break;
    }
    expect(await producer.line()).toBe('sent');
  });

  test('by a member that gave up a claim on which another was faster', async () => {
    const directory = smallSegment({ shared: true });
    const members = [0, 1].map(() =>
      Child.start(
        `${UNAIDED}
         const { attachConsumer } = await import('hermes:index.js');
         const consumer = attachConsumer('ticks', { directory: process.argv[1], idle: 'doorbell' });
         console.log('sleeps');
         for await (const _ of consumer);`,
        directory,
      ),
    );
    for (const member of members) expect(await member.line()).toBe('sleeps');
    using producer = attachProducer('ticks', { directory });
    for (let i = 0; i < 3000; i++) await producer.send(Buffer.alloc(1000)); // hangs when a wake-up is owed for ever
    await producer.flush();
  });
});

test('a consumer and a producer that both fall asleep again and again wake each other', async () => {
  const { directory, producer, consumer } = attachedPair({}, {}, { idle: 'doorbell' });
  consumer.detach();
  const child = sleepingConsumer(directory, '');
  expect(await child.line()).toBe('sleeps');
  for (let i = 0; i < 500; i++) {
    await producer.send(Buffer.from([i]));
    await producer.flush();
  }
  expect(fillLane(producer)).toBeGreaterThan(0);
});
