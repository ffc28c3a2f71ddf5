import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  type Consumer,
  createSegment,
  inspectSegment,
  type Message,
  type Producer,
} from '../../src/index.js';
import type { HoldBatch } from '../programs/hold-batch.js';
import { carriesNumber, numberedPayload } from '../support/numbered-payload.js';
import { Program } from '../support/program.js';
import { Random } from '../support/random.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import { codeOf } from '../support/thrown.js';

const SEGMENT = 'work';
const CAPACITY = 65_536;
/** The slow timer's period, and more. */
const TIMER_MS = 350;

afterEach(endAllProcesses);

interface Work {
  readonly directory: string;
  attach(): Consumer;
  produce(): Producer;
}

function work(producers: number, members: number): Work {
  const directory = scratchDirectory();
  const shape = { producers, maxGroups: 2, members, capacity: CAPACITY, maxPayload: 2000, checksum: true };
  createSegment(SEGMENT, { ...shape, shared: true, directory });
  return {
    directory,
    attach: () => attachConsumer(SEGMENT, { directory }),
    produce: () => attachProducer(SEGMENT, { directory }),
  };
}

interface Seen {
  readonly sequence: number;
  readonly redelivered: boolean;
}

function offer(producer: Producer, from: number, to: number): void {
  for (let number = from; number < to; number++) {
    expect(producer.offer(numberedPayload(0, number))).toBeGreaterThan(0);
  }
}

/** A handler that notes what it sees. */
function noting(seen: Seen[]): (message: Message) => void {
  return ({ sequence, redelivered }) => seen.push({ sequence, redelivered });
}

const fresh = (...sequences: number[]): Seen[] => sequences.map((sequence) => ({ sequence, redelivered: false }));
const again = (...sequences: number[]): Seen[] => sequences.map((sequence) => ({ sequence, redelivered: true }));

/** Polls until something came, for at most `mostMs`; with pauses, so that timers fire. */
async function pollUntil(consumer: Consumer, handler: (message: Message) => void, mostMs: number): Promise<number> {
  const deadline = performance.now() + mostMs;
  for (;;) {
    const count = consumer.poll(handler);
    if (count > 0 || performance.now() > deadline) return count;
    await setTimeout(2);
  }
}

async function killedHolding(directory: string, limit: number): Promise<number[]> {
  const child = Program.start('hold-batch');
  child.command({ segment: SEGMENT, directory, limit } satisfies HoldBatch);
  const sequences = await child.next<number[]>('holding');
  await child.kill();
  return sequences;
}

describe.each([1, 4])('a work queue on %i lanes', (lanes) => {
  test.each([1, 2, 4, 8])('with %i members hands each message to exactly one', (members) => {
    const messages = 1500;
    const random = new Random(lanes * 100 + members);
    const queue = work(lanes, members);
    const producers = Array.from({ length: lanes }, () => queue.produce());
    const consumers = Array.from({ length: members }, () => queue.attach());
    const offered = producers.map(() => 0);
    const times = producers.map(() => new Uint8Array(messages));
    const handledBy = consumers.map(() => 0);
    let handled = 0;
    while (handled < lanes * messages) {
      const lane = random.below(lanes);
      for (let i = random.fraction() * 30; i > 0 && offered[lane]! < messages; i--) {
        if (producers[lane]!.offer(numberedPayload(lane, offered[lane]!)) < 0) break;
        offered[lane]!++;
      }
      const member = random.below(members);
      const take = (message: Message) => {
        expect(carriesNumber(message, message.lane, message.sequence)).toBe(true);
        expect(message.redelivered).toBe(false);
        times[message.lane]![message.sequence]!++;
      };
      const limit = random.upTo(20);
      const isRead = random.fraction() < 0.3;
      const count = isRead ? consumers[member]!.read(take, limit) : consumers[member]!.poll(take, limit);
      if (isRead) consumers[member]!.acknowledge();
      expect(count).toBeLessThanOrEqual(limit);
      handled += count;
      handledBy[member]! += count;
    }
    for (const lane of times) expect(lane.every((time) => time === 1)).toBe(true);
    expect(Math.min(...handledBy)).toBeGreaterThan(0);
    for (const participant of [...consumers, ...producers]) participant.detach();
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]).toMatchObject({
      members: [],
      orphanCount: 0,
      redelivered: 0,
      lagLength: 0,
    });
  });
});

describe('what is not acknowledged', () => {
  test('after an error in the handler: the messages before are done, that one and the rest come again, first', () => {
    const queue = work(1, 2);
    const [producer, one, other] = [queue.produce(), queue.attach(), queue.attach()];
    offer(producer, 0, 12);
    const fail = ({ sequence }: Message) => {
      if (sequence === 3) throw new Error('no');
    };
    expect(() => one.poll(fail, 8)).toThrow('no');
    const [seen, seenByOther]: [Seen[], Seen[]] = [[], []];
    other.poll(noting(seenByOther));
    expect(seenByOther).toEqual(fresh(8, 9, 10, 11));
    expect(() => one.poll(fail)).toThrow('no');
    one.poll(noting(seen));
    expect(seen).toEqual(again(3, 4, 5, 6, 7));
    expect(one.poll(noting(seen))).toBe(0);
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]!.lagLength).toBe(0);
    for (const participant of [producer, one, other]) participant.detach();
  });

  test('is another member’s when its member detaches', () => {
    const queue = work(1, 3);
    const [producer, one, other] = [queue.produce(), queue.attach(), queue.attach()];
    offer(producer, 0, 6);
    other.poll(() => {}, 1); // so that it does not look for orphans by itself
    one.read(() => {}, 3);
    one.detach();
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]!.orphanCount).toBe(1);
    const seen: Seen[] = [];
    for (let i = 0; i < 5; i++) other.poll(noting(seen));
    expect(seen).toEqual([...again(1, 2, 3), ...fresh(4, 5)]);
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]).toMatchObject({
      orphanCount: 0,
      redelivered: 3,
    });
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]!.members).toHaveLength(1);
    for (const participant of [producer, other]) participant.detach();
  });

  test('is that of a member that attaches later, when nobody else is there', () => {
    const queue = work(1, 3);
    const [producer, one] = [queue.produce(), queue.attach()];
    offer(producer, 0, 6);
    one.read(() => {}, 4);
    one.detach();
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]!.orphanCount).toBe(1);
    const [later, seen]: [Consumer, Seen[]] = [queue.attach(), []];
    for (let i = 0; i < 3; i++) later.poll(noting(seen));
    expect(seen).toEqual([...again(0, 1, 2, 3), ...fresh(4, 5)]);
    for (const participant of [producer, later]) participant.detach();
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]).toMatchObject({
      orphanCount: 0,
      members: [],
    });
  });

  test('is adopted while other lanes keep the living member busy', () => {
    const queue = work(2, 2);
    const [silent, busy, one] = [queue.produce(), queue.produce(), queue.attach()];
    offer(silent, 0, 4);
    one.read(() => {}, 4);
    const other = queue.attach();
    offer(busy, 0, 1);
    expect(other.poll(() => {})).toBe(1);
    one.detach();
    let adopted = 0;
    for (let number = 1; number < 200 && adopted < 4; number++) {
      offer(busy, number, number + 1);
      other.poll((message) => {
        if (message.redelivered) adopted++;
      }, 1);
    }
    expect(adopted).toBe(4);
    for (const participant of [silent, busy, other]) participant.detach();
  });

  test('stays with the adopter alone, however long it holds it', async () => {
    const queue = work(1, 3);
    const [producer, one, adopter] = [queue.produce(), queue.attach(), queue.attach()];
    offer(producer, 0, 4);
    one.read(() => {}, 4);
    one.detach();
    const seen: Seen[] = [];
    expect(adopter.read(noting(seen))).toBe(4);
    await setTimeout(TIMER_MS); // its own slow timer looks for the dead meanwhile
    const third = queue.attach();
    expect(await pollUntil(third, noting(seen), 200)).toBe(0);
    adopter.acknowledge();
    expect(seen).toEqual(again(0, 1, 2, 3));
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]!.members).toHaveLength(2);
    for (const participant of [producer, adopter, third]) participant.detach();
  });

  test('of a dead member, after an error in a read: an acknowledge touches nobody else’s', () => {
    const queue = work(1, 3);
    const [producer, one, two, three] = [queue.produce(), queue.attach(), queue.attach(), queue.attach()];
    offer(producer, 0, 4);
    one.read(() => {}, 4);
    one.detach();
    const fail = ({ sequence }: Message) => {
      if (sequence === 2) throw new Error('no');
    };
    expect(() => two.read(fail)).toThrow('no');
    expect(three.poll(() => {})).toBe(4); // takes the orphan over, and frees its slot
    const next = queue.attach(); // in that slot
    offer(producer, 4, 8);
    const seen: Seen[] = [];
    expect(next.read(noting(seen))).toBe(4);
    two.acknowledge();
    two.poll(() => {});
    expect(seen).toEqual(fresh(4, 5, 6, 7));
    next.detach(); // with all four in flight
    const rest: Seen[] = [];
    for (let i = 0; i < 4; i++) three.poll(noting(rest));
    expect(rest).toEqual(again(4, 5, 6, 7));
    for (const participant of [producer, two, three]) participant.detach();
  });

  test('keeps the room: producers are refused until it is acknowledged', () => {
    const queue = work(1, 2);
    const [producer, one, other] = [queue.produce(), queue.attach(), queue.attach()];
    producer.offer(Buffer.alloc(1000));
    one.read(() => {}, 1);
    const fill = () => {
      let count = 0;
      while (producer.offer(Buffer.alloc(1000)) !== BACK_PRESSURED) {
        count++;
        other.poll(() => {});
      }
      return count;
    };
    const all = Math.floor(CAPACITY / 1056);
    expect(fill()).toBeLessThan(all + 1);
    expect(fill()).toBe(0);
    one.acknowledge();
    expect(producer.offer(Buffer.alloc(1000))).not.toBe(BACK_PRESSURED);
    for (const participant of [producer, one, other]) participant.detach();
  });
});

describe('read', () => {
  test('hands out one batch at a time', () => {
    const queue = work(1, 2);
    const [producer, consumer] = [queue.produce(), queue.attach()];
    offer(producer, 0, 4);
    expect(consumer.read(() => {}, 2)).toBe(2);
    expect(codeOf(() => consumer.read(() => {}))).toBe('ERR_HERMES_INVALID_STATE');
    expect(codeOf(() => consumer.poll(() => {}))).toBe('ERR_HERMES_INVALID_STATE');
    consumer.acknowledge();
    expect(consumer.read(() => {})).toBe(2);
    consumer.acknowledge();
    expect(consumer.read(() => {})).toBe(0);
    expect(consumer.poll(() => {})).toBe(0);
    for (const participant of [producer, consumer]) participant.detach();
  });
});

describe('a member that is killed', () => {
  test('with a batch: a living member handles it within half a second, without a coordinator', async () => {
    const queue = work(1, 3);
    const producer = queue.produce();
    offer(producer, 0, 6);
    const living = queue.attach();
    living.poll(() => {}, 1);
    expect(await killedHolding(queue.directory, 3)).toEqual([1, 2, 3]);
    const seen: Seen[] = [];
    expect(living.poll(noting(seen))).toBeGreaterThan(0);
    while ((await pollUntil(living, noting(seen), 500)) > 0);
    expect(seen.toSorted((a, b) => a.sequence - b.sequence)).toEqual([...again(1, 2, 3), ...fresh(4, 5)]);
    expect(inspectSegment(SEGMENT, { directory: queue.directory }).groups[0]!.members).toHaveLength(1);
    for (const participant of [producer, living]) participant.detach();
  });

  test('with a batch: whoever attaches next handles it', async () => {
    const queue = work(1, 1);
    const producer = queue.produce();
    offer(producer, 0, 5);
    expect(await killedHolding(queue.directory, 3)).toEqual([0, 1, 2]);
    const [next, seen]: [Consumer, Seen[]] = [queue.attach(), []];
    for (let i = 0; i < 3; i++) next.poll(noting(seen));
    expect(seen).toEqual([...again(0, 1, 2), ...fresh(3, 4)]);
    for (const participant of [producer, next]) participant.detach();
  });
});

describe('a group', () => {
  test('is shared or exclusive from its creation on', () => {
    const { directory, attach } = work(1, 2);
    expect(codeOf(() => attachConsumer(SEGMENT, { directory, shared: false }))).toBe('ERR_HERMES_INVALID_OPTION');
    using exclusive = attachConsumer(SEGMENT, { directory, group: 'alone' });
    expect(codeOf(() => attachConsumer(SEGMENT, { directory, group: 'alone', shared: true }))).toBe(
      'ERR_HERMES_INVALID_OPTION',
    );
    expect(codeOf(() => attachConsumer(SEGMENT, { directory, group: 'alone' }))).toBe('ERR_HERMES_NO_FREE_MEMBER');
    expect(exclusive.poll(() => {})).toBe(0);
    attach().detach();
  });

  test('has as many members as the segment says', () => {
    const queue = work(1, 2);
    const members = [queue.attach(), queue.attach()];
    expect(codeOf(() => queue.attach())).toBe('ERR_HERMES_NO_FREE_MEMBER');
    members[0]!.detach();
    members[0] = queue.attach();
    for (const member of members) member.detach();
  });
});
