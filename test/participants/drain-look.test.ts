import { expect, onTestFinished, test, vi } from 'vitest';
import { attachConsumer, attachProducer, createSegment } from '../../src/index.js';
import { ByteLocks } from '../../src/os/byte-locks.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { attachedChild } from '../support/child.js';
import { scratchDirectory } from '../support/scratch.js';

function countedProbes() {
  const spy = vi.spyOn(ByteLocks.prototype, 'isLockedByOther');
  onTestFinished(() => spy.mockRestore());
  return spy;
}

test('a busy loop that asks whether all is drained makes a system call for few of its rounds', () => {
  const { consumer } = attachedPair();
  const probes = countedProbes();
  let rounds = 0;
  for (const end = performance.now() + 200; performance.now() < end; rounds++) {
    consumer.poll(() => {});
    expect(consumer.isDrained()).toBe(false);
  }
  expect(probes.mock.calls.length).toBeGreaterThan(0);
  expect(probes.mock.calls.length).toBeLessThan(rounds / 10);
});

test('while there is something to read, it makes none', () => {
  const { producer, consumer } = attachedPair();
  offerNumbers(producer, 0, 1);
  const probes = countedProbes();
  expect(consumer.isDrained()).toBe(false);
  expect(probes).not.toHaveBeenCalled();
});

test('a busy loop that gives the event loop no turn ends when the last producer was killed, or has detached', async () => {
  const directory = scratchDirectory();
  createSegment('ticks', { producers: 2, capacity: 65_536, directory });
  const children = [
    await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`),
    await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`),
  ];
  using consumer = attachConsumer('ticks', { directory });
  const loopUntilDrained = () => {
    while (!consumer.isDrained()) consumer.poll(() => {});
  };
  const pids = children.map(({ pid }) => pid);
  const before = [consumer.isDrained(), consumer.isDrained(), consumer.isDrained()];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  loopUntilDrained(); // without a pause, so that it takes them for alive at first
  expect(before).toEqual([false, false, false]);
  const next = attachProducer('ticks', { directory });
  expect([consumer.isDrained(), consumer.isDrained()]).toEqual([false, false]);
  offerNumbers(next, 0, 1);
  next.detach();
  expect(consumer.isDrained()).toBe(false);
  loopUntilDrained();
});

test('the lane of a producer that was alive a moment ago is looked at again when another has it', async () => {
  const { directory, producer, consumer } = attachedPair();
  expect([consumer.isDrained(), consumer.isDrained()]).toEqual([false, false]);
  producer.detach();
  const second = attachProducer('ticks', { directory });
  const probes = countedProbes();
  expect(consumer.isDrained()).toBe(false);
  expect(probes).toHaveBeenCalled();
  second.detach();
  expect(consumer.isDrained()).toBe(true);
});
