import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  type ConsumerOptions,
  createSegment,
  inspectSegment,
  type Message,
  openJournal,
  removeSegment,
} from '../../src/index.js';
import { withControlLock } from '../../src/membership/control-lock.js';
import { enterGroup } from '../../src/membership/membership.js';
import { MemberReader } from '../../src/participants/member-reader.js';
import type { HotWords } from '../../src/ring/hot-words.js';
import { asBytes } from '../../src/ring/message.js';
import { openSegment } from '../../src/segment/segment.js';
import { attachedPair } from '../support/attached-pair.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';

const GROUPS: readonly (readonly [string, ConsumerOptions])[] = [
  ['exclusive', { group: 'g' }],
  ['shared', { group: 'g', shared: true }],
  ['lossy', { group: 'g', mode: 'lossy' }],
];
/** Every 16th read that finds something also looks for new lanes. */
const READS = 17;

describe.each(GROUPS)('a member of a group that is %s', (_, { mode = 'reliable', shared = false }) => {
  test.each([true, false])('touches no memory once it has left in a handler; polling: %s', (acknowledges) => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, maxGroups: 2, producers: 12, directory });
    const producers = Array.from({ length: 12 }, () => attachProducer('ticks', { directory }));
    for (let leavesAt = 1; leavesAt <= READS; leavesAt++) {
      const segment = openSegment('ticks', { directory }, 'read-write');
      const hot: HotWords = { ...segment.memory.hot };
      const request = {
        name: 'g',
        isNamed: true,
        kind: { mode, shared, durable: false },
        from: 'latest',
        asked: {},
      } as const;
      const membership = withControlLock(segment, () => enterGroup(segment, request));
      let hasLeft = false;
      const touched: string[] = [];
      const memory = new Proxy(
        { ...segment.memory, hot },
        {
          get(target, name, receiver) {
            if (hasLeft) touched.push(String(name));
            return Reflect.get(target, name, receiver);
          },
        },
      );
      for (const name of ['load', 'storeThenLoad'] as const) {
        const real = hot[name] as (...args: number[]) => number;
        hot[name] = (...args: number[]) => {
          if (hasLeft) touched.push(name);
          return real(...args);
        };
      }
      const reader = new MemberReader({ ...segment, memory }, membership, asBytes, 0, () => {
        hasLeft = true;
      });
      for (let read = 1; read <= leavesAt; read++) {
        producers[read % 12]!.offerBatch([Buffer.alloc(1), Buffer.alloc(1)]);
        const handler = () => {
          if (read === leavesAt) reader.close();
        };
        expect(reader.read(handler, 1, acknowledges)).toBe(1);
        if (!acknowledges && read < leavesAt) reader.acknowledge();
        if (read < leavesAt) reader.read(() => {}, 1, true);
      }
      expect([leavesAt, hasLeft, touched]).toEqual([leavesAt, true, []]);
      segment.close();
      attachConsumer('ticks', { directory, group: 'g', mode, shared }).detach(); // which ends the group
    }
    for (const producer of producers) producer.detach();
  });
});

/** What a handler may do to the ground it stands on. */
describe.each(GROUPS)('in the handler of a member of a group that is %s', (_, options) => {
  test('detaching ends the poll after that message, and throwing beside it is told', () => {
    for (const throws of [false, true]) {
      const { directory, producer, consumer } = attachedPair({}, options);
      producer.offerBatch(Array.from({ length: 5 }, () => Buffer.alloc(1)));
      let count = 0;
      const handler = () => {
        if (++count < 3) return;
        consumer.detach();
        if (throws) throw new Error('mistake');
      };
      if (throws) expect(() => consumer.poll(handler)).toThrow('mistake');
      else expect(consumer.poll(handler)).toBe(3);
      expect(count).toBe(3);
      expect(codeOf(() => consumer.poll(() => {}))).toBe('ERR_HERMES_DETACHED');
      expect(inspectSegment('ticks', { directory }).groups.map(({ name }) => name)).toEqual(['default']);
    }
  });

  test('removing the segment, and creating it anew, leaves the poll its own', () => {
    const { directory, producer, consumer } = attachedPair({}, options);
    producer.offerBatch(Array.from({ length: 5 }, (_each, i) => Buffer.from([i])));
    const seen: number[] = [];
    const handler = ({ payload }: Message) => {
      seen.push(payload[0]!);
      if (seen.length !== 2) return;
      removeSegment('ticks', { directory, force: true });
      createSegment('ticks', { ...SMALL, directory });
    };
    expect(consumer.poll(handler)).toBe(5);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(codeOf(() => consumer.poll(() => {}))).toBe('ERR_HERMES_REMOVED');
  });

  test('another consumer may be polled, and attached, and the producer detached', () => {
    const { directory, producer, consumer } = attachedPair({}, options);
    using other = attachConsumer('ticks', { directory });
    producer.offerBatch([Buffer.alloc(1), Buffer.alloc(1)]);
    let found = 0;
    const handler = () => {
      found += other.poll(() => {});
      producer.detach();
      attachProducer('ticks', { directory }).detach();
    };
    expect([consumer.poll(handler), found]).toEqual([2, 2]);
  });
});

test('a member of a lossy group has one copy for the messages of all lanes', () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 2, producers: 4, directory });
  using consumer = attachConsumer('ticks', { directory, group: 'g', mode: 'lossy' });
  const producers = Array.from({ length: 4 }, () => attachProducer('ticks', { directory }));
  for (const producer of producers) for (let i = 0; i < 3; i++) producer.offer(Buffer.from([producer.lane, i]));
  const seen: string[] = [];
  const memories = new Set<unknown>();
  expect(
    consumer.poll(({ lane, payload, buffer, sequence }) => {
      memories.add(buffer.buffer);
      seen.push(`${lane} ${sequence} ${payload.join()}`);
    }),
  ).toBe(12);
  expect(seen.sort()).toEqual([0, 1, 2, 3].flatMap((lane) => [0, 1, 2].map((i) => `${lane} ${i} ${lane},${i}`)));
  expect(memories.size).toBe(1);
  for (const producer of producers) producer.detach();
});

test('a lossy handler that writes to its message changes nothing but the copy', () => {
  const { producer, consumer } = attachedPair({}, { group: 'g', mode: 'lossy' });
  producer.offerBatch(['a', 'bb', 'ccc'].map((text) => Buffer.from(text)));
  const seen: string[] = [];
  consumer.poll((message) => {
    seen.push(`${message.sequence} ${message.payload}`);
    message.buffer.fill(0xff);
    Object.assign(message, { length: 1000, offset: 0, lost: 7 });
  });
  expect(seen).toEqual(['0 a', '1 bb', '2 ccc']);
  expect(consumer.lost).toBe(0);
});

test.each([false, true])('a journal may be closed in its handler, which throws: %s', (throws) => {
  const { directory, producer } = attachedPair({}, {}, { journal: undefined } as object);
  producer.detach();
  const journal = path.join(directory, '.journal');
  using writing = attachProducer('ticks', { directory, journal: { directory: journal, fileLength: 131_072 } });
  writing.offerBatch(Array.from({ length: 3 }, () => Buffer.alloc(1)));
  const reader = openJournal(journal);
  const handler = () => {
    reader.close();
    if (throws) throw new Error('mistake');
  };
  if (throws) expect(() => reader.read(handler)).toThrow('mistake');
  else expect(reader.read(handler)).toBe(1);
  expect(codeOf(() => reader.read(() => {}))).toBe('ERR_HERMES_DETACHED');
});
