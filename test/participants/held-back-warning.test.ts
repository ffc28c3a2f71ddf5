import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { attachConsumer, attachProducer, createSegment, removeGroup } from '../../src/index.js';
import { tellWhenHeldBack } from '../../src/participants/held-back-watch.js';
import { fillLane } from '../support/attached-pair.js';
import { addDurableGroup, fullSegment } from '../support/held-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';

/** What the process warns of. */
function warnings(): string[] {
  const seen: string[] = [];
  const onWarning = (warning: Error & { code?: string }) => {
    if (warning.code === 'HERMES_HELD_BACK') seen.push(warning.message);
  };
  process.on('warning', onWarning);
  const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => {
    process.off('warning', onWarning);
    spy.mockRestore();
  });
  return seen;
}

test('a program is warned once of each producer that makes no progress for 5 s in send, flush or a stream, and of no other', async () => {
  const seen = warnings();
  const directory = scratchDirectory();
  const segment = (name: string) => {
    createSegment(name, { producers: 1, capacity: 65_536, directory });
    const producer = attachProducer(name, { directory });
    onTestFinished(() => producer.detach());
    return producer;
  };
  const sending = segment('sending');
  fillLane(sending);
  const ended = new AbortController();
  const { signal } = ended;
  const waits = [
    sending.send(Buffer.alloc(1000), { signal }),
    ...['flushing', 'flushing-on'].map((name) => {
      const producer = segment(name);
      producer.offerBatch(Array.from({ length: 100 }, () => Buffer.alloc(10)));
      return producer.flush({ signal });
    }),
  ];
  const streaming = segment('streaming');
  fillLane(streaming);
  const stream = streaming.writable().on('error', () => {});
  stream.write(Buffer.alloc(1000));
  const offering = segment('offering');
  fillLane(offering);
  const flowing = segment('flowing');
  fillLane(flowing);
  const slow = attachConsumer('flowing', { directory });
  using acknowledging = attachConsumer('flushing-on', { directory });
  let isOver = false;
  const flow = (async () => {
    while (!isOver) await flowing.send(Buffer.alloc(1000));
  })();
  for (let i = 0; i < 18; i++) {
    await setTimeout(400);
    slow.poll(() => {}, 1);
    acknowledging.poll(() => {}, 1);
    offering.offer(Buffer.alloc(1000));
  }
  isOver = true;
  slow.poll(() => {});
  slow.detach();
  removeGroup('flowing', 'default', { directory });
  await flow;
  stream.destroy();
  ended.abort();
  await Promise.allSettled(waits);
  const named = seen.map((text) => /of the segment (\S+) has waited for 5 s/.exec(text)?.[1]).sort();
  expect(named).toEqual(['flushing', 'sending', 'streaming']);
  for (const text of seen) {
    expect(text).toMatch(/held back by the group default \(durable, no members, .* messages behind\)/);
    expect(text).toMatch(new RegExp(`: hermes groups \\S+ rm default --directory ${directory}$`));
  }
});

test('whoever is told instead is told again of another group, without progress between, and nobody is warned', async () => {
  const seen = warnings();
  const { directory, producer } = fullSegment();
  addDurableGroup(directory, 'audit');
  const told: string[] = [];
  tellWhenHeldBack(producer, 300, ({ group }) => told.push(group));
  const sent = producer.send(Buffer.alloc(1000));
  await until(() => told.length > 0);
  removeGroup('ticks', told[0]!, { directory });
  await until(() => told.length >= 2);
  expect(new Set(told)).toEqual(new Set(['default', 'audit']));
  removeGroup('ticks', told[1]!, { directory });
  await sent;
  expect(seen).toEqual([]);
});

test('a wait that was given up does not count for the next one', async () => {
  const { producer } = fullSegment();
  const toldAt: number[] = [];
  tellWhenHeldBack(producer, 700, () => toldAt.push(performance.now()));
  const rejected = expect(producer.send(Buffer.alloc(1000), { signal: AbortSignal.timeout(300) })).rejects.toThrow();
  await rejected;
  await setTimeout(1000);
  expect(toldAt).toEqual([]);
  const started = performance.now();
  const ended = new AbortController();
  const sent = expect(producer.send(Buffer.alloc(1000), { signal: ended.signal })).rejects.toThrow();
  await until(() => toldAt.length > 0);
  expect(toldAt[0]! - started).toBeGreaterThan(400); // it looks four times a second
  ended.abort();
  await sent;
});
