import { describe, expect, test, vi } from 'vitest';
import { attachConsumer, attachProducer, type CreateOptions, createSegment, inspectSegment } from '../../src/index.js';
import { CONTROL_LOCK_OFFSET } from '../../src/layout/locks.js';
import { CONTROL_LOCK_TIMEOUT_MS } from '../../src/membership/control-lock.js';
import { positionIndex } from '../../src/ring/indices.js';
import { attachedChild } from '../support/child.js';
import type { NamedCall } from '../support/named-call.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

function newSegment(options: CreateOptions = {}): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 2, ...options, directory });
  return directory;
}

describe('lanes', () => {
  test('are taken from the first on, and refused when all are taken, by naming who has them', async () => {
    const directory = newSegment({ producers: 3 });
    const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
    const mine = [attachProducer('ticks', { directory }), attachProducer('ticks', { directory })];
    expect(mine.map(({ lane }) => lane)).toEqual([1, 2]);
    const error = thrownBy(() => attachProducer('ticks', { directory }));
    expect(error.code).toBe('ERR_HERMES_NO_FREE_LANE');
    expect(error.message).toContain(`All 3 lanes`);
    expect(error.message).toContain(`${child.pid}, ${process.pid}, ${process.pid}`);
    mine[0]!.detach();
    expect(attachProducer('ticks', { directory }).lane).toBe(1);
    await child.kill('SIGKILL');
    expect(attachProducer('ticks', { directory }).lane).toBe(0);
  });

  test('go on where their last producer ended, whether that detached or died', async () => {
    const directory = newSegment();
    const consumer = attachConsumer('ticks', { directory });
    const sequences: number[] = [];
    const poll = () => consumer.poll((message) => sequences.push(message.sequence));
    let position = 0;
    for (let round = 0; round < 3; round++) {
      const producer = attachProducer('ticks', { directory });
      expect(producer.position).toBe(position);
      expect(producer.offerBatch([Buffer.alloc(10), Buffer.alloc(10)])).toBe(2);
      position += 128;
      expect(producer.position).toBe(position);
      producer.tryClaim(100); // given up by detach
      producer.detach();
      const child = await attachedChild(`(() => {
        const producer = attachProducer('ticks', ${JSON.stringify({ directory })});
        producer.offer(Buffer.alloc(10));
        producer.tryClaim(100);
        return producer;
      })()`);
      position += 64;
      await child.kill('SIGKILL');
    }
    while (poll() > 0);
    expect(sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('a producer that has detached', () => {
  const uses: readonly (readonly [string, (producer: ReturnType<typeof attachProducer>) => unknown])[] = [
    ['offer', (producer) => producer.offer(Buffer.alloc(1))],
    ['offer of nothing', (producer) => producer.offer(Buffer.alloc(0))],
    ['offerBatch', (producer) => producer.offerBatch([Buffer.alloc(1)])],
    ['offerBatch of nothing', (producer) => producer.offerBatch([])],
    ['tryClaim', (producer) => producer.tryClaim(1)],
    ['tryClaim of nothing', (producer) => producer.tryClaim(0)],
  ];

  test.each(uses)('throws at %s', (_, use) => {
    const producer = attachProducer('ticks', { directory: newSegment() });
    producer.offer(Buffer.alloc(1));
    producer.detach();
    const error = thrownBy(() => use(producer));
    expect(error.code).toBe('ERR_HERMES_DETACHED');
    expect(error.message).toContain('producer');
    expect(error.message).toContain('ticks');
  });

  test.each(['commit', 'abort'] as const)('throws at the %s of a claim, whose view is harmless', (close) => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    const claim = producer.tryClaim(10)!;
    const { view } = claim;
    producer.detach();
    expect(codeOf(() => claim[close]())).toBe('ERR_HERMES_DETACHED');
    view.fill(7);
    expect(attachConsumer('ticks', { directory }).poll(() => {})).toBe(0);
  });

  test('still tells its lane and its last position', () => {
    const producer = attachProducer('ticks', { directory: newSegment() });
    producer.offer(Buffer.alloc(1));
    producer.detach();
    producer.detach();
    producer[Symbol.dispose]();
    expect([producer.lane, producer.position]).toEqual([0, 64]);
  });
});

describe.each(['reliable', 'lossy'] as const)('a %s consumer that has detached', (mode) => {
  function attached() {
    const directory = newSegment();
    return { directory, consumer: attachConsumer('ticks', { directory, group: 'guests', mode }) };
  }

  test.each<[string, (consumer: ReturnType<typeof attachConsumer>) => unknown]>([
    ['poll', (consumer) => consumer.poll(() => {})],
    ['read', (consumer) => consumer.read(() => {})],
    ['acknowledge', (consumer) => consumer.acknowledge()],
    ['isDrained', (consumer) => consumer.isDrained()],
  ])('throws at %s', (_, use) => {
    const { consumer } = attached();
    consumer.detach();
    const error = thrownBy(() => use(consumer));
    expect(error.code).toBe('ERR_HERMES_DETACHED');
    expect(error.message).toContain('consumer');
  });

  test('may detach again, and its group and losses are still told', () => {
    const { consumer } = attached();
    consumer.detach();
    consumer.detach();
    consumer[Symbol.dispose]();
    expect([consumer.group, consumer.lost]).toEqual(['guests', 0]);
  });

  test('in its own handler has no further message, and leaves when the handler returns', () => {
    const { directory, consumer } = attached();
    const producer = attachProducer('ticks', { directory });
    while (consumer.poll(() => {}) > 0);
    producer.offerBatch([1, 2, 3].map((text) => Buffer.from(`${text}`)));
    const seen: string[] = [];
    const polled = consumer.poll((message) => {
      consumer.detach();
      seen.push(message.payload.toString()); // still in place
      expect(inspectSegment('ticks', { directory }).groups.length).toBe(2);
    });
    expect([polled, seen]).toEqual([1, ['1']]);
    expect(inspectSegment('ticks', { directory }).groups.length).toBe(1);
    expect(codeOf(() => consumer.poll(() => {}))).toBe('ERR_HERMES_DETACHED');
  });

  test('in its own handler, which then throws, has left all the same', () => {
    const { directory, consumer } = attached();
    const producer = attachProducer('ticks', { directory });
    while (consumer.poll(() => {}) > 0);
    producer.offer(Buffer.alloc(1));
    const mistake = new Error('mistake');
    expect(() =>
      consumer.poll(() => {
        consumer.detach();
        throw mistake;
      }),
    ).toThrow(mistake);
    expect(inspectSegment('ticks', { directory }).groups.length).toBe(1);
  });
});

test('the losses of a lossy consumer are still told after it has detached', () => {
  const directory = newSegment();
  const reader = attachConsumer('ticks', { directory });
  const lossy = attachConsumer('ticks', { directory, group: 'guests', mode: 'lossy' });
  const producer = attachProducer('ticks', { directory });
  for (let i = 0; i < 5000; i++) {
    producer.offer(Buffer.alloc(0));
    reader.poll(() => {});
  }
  lossy.poll(() => {});
  lossy.poll(() => {});
  producer.offer(Buffer.alloc(0));
  lossy.poll(() => {});
  expect(lossy.lost).toBe(5000);
  lossy.detach();
  expect(lossy.lost).toBe(5000);
});

test('using a participant in a block detaches it at the block’s end', () => {
  const directory = newSegment();
  {
    using producer = attachProducer('ticks', { directory });
    using consumer = attachConsumer('ticks', { directory });
    expect([producer.lane, consumer.group]).toEqual([0, 'default']);
  }
  expect(inspectSegment('ticks', { directory }).lanes[0]!.producer).toBeNull();
  attachProducer('ticks', { directory }).detach();
  attachConsumer('ticks', { directory }).detach();
});

test('attaching gives up when the control lock is not free in time, and says who took it last', () => {
  const directory = newSegment();
  attachProducer('ticks', { directory }).detach();
  const raw = openRaw(directory);
  expect(raw.locks.tryLock(CONTROL_LOCK_OFFSET)).toBe(true);
  const before = performance.now();
  const error = thrownBy(() => attachProducer('ticks', { directory }));
  expect(error.code).toBe('ERR_HERMES_BUSY');
  expect(error.message).toContain(`process ${process.pid} took it last`);
  expect(performance.now() - before).toBeGreaterThanOrEqual(CONTROL_LOCK_TIMEOUT_MS);
  raw.locks.unlock(CONTROL_LOCK_OFFSET);
  attachProducer('ticks', { directory }).detach();
});

test('detaching needs no control lock: the kernel’s word is enough, and the next participant cleans up', () => {
  const directory = newSegment();
  const producer = attachProducer('ticks', { directory });
  const consumer = attachConsumer('ticks', { directory, group: 'guests' });
  const raw = openRaw(directory);
  raw.locks.tryLock(CONTROL_LOCK_OFFSET);
  producer.detach();
  consumer.detach();
  raw.locks.unlock(CONTROL_LOCK_OFFSET);
  expect(inspectSegment('ticks', { directory }).lanes[0]!.producer?.alive).toBe(false);
  attachProducer('ticks', { directory }).detach();
  const { lanes, groups } = inspectSegment('ticks', { directory });
  expect(lanes[0]!.producer).toBeNull();
  expect(groups.map(({ name }) => name)).toEqual(['default']);
});

test('a consumer that cannot attach leaves no timer behind', () => {
  const directory = newSegment();
  const { memory } = openRaw(directory);
  memory.words[positionIndex(memory, 0, 0)] = 5; // no position: a LaneReader refuses it
  const started = vi.spyOn(globalThis, 'setInterval');
  const stopped = vi.spyOn(globalThis, 'clearInterval');
  try {
    expect(codeOf(() => attachConsumer('ticks', { directory }))).toBe('ERR_HERMES_CORRUPT_SEGMENT');
    expect(stopped.mock.calls.length).toBe(started.mock.calls.length);
  } finally {
    vi.restoreAllMocks();
  }
});

test('a segment that does not exist is named, with the directory', () => {
  const directory = scratchDirectory();
  for (const attach of [attachProducer, attachConsumer] as NamedCall[]) {
    const error = thrownBy(() => attach('ticks', { directory }));
    expect(error.code).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    expect(error.message).toContain(`no segment ticks in ${directory}`);
  }
});
