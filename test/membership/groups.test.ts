import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  type Consumer,
  type ConsumerOptions,
  type CreateOptions,
  createSegment,
  inspectSegment,
  type Producer,
} from '../../src/index.js';
import { GROUP_ACTIVE } from '../../src/layout/group-table.js';
import { attachedChild } from '../support/child.js';
import { setGroupState } from '../support/lane-state.js';
import { openRaw, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';

/** For the watchdog: what is waited for takes some milliseconds. */
const HANGS_AFTER_MS = 30_000;

function newSegment(options: CreateOptions = {}): string {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 4, ...options, directory });
  return directory;
}

const join = (directory: string, options: ConsumerOptions = {}) => attachConsumer('ticks', { directory, ...options });

/** Payloads of all that there is to read now. */
function drain(consumer: Consumer): string[] {
  const seen: string[] = [];
  for (let idle = 0; idle < 2; ) {
    if (consumer.poll((message) => seen.push(message.payload.toString())) === 0) idle++;
  }
  return seen;
}

function offer(producer: Producer, ...texts: string[]): void {
  for (const text of texts) expect(producer.offer(Buffer.from(text))).toBeGreaterThan(0);
}

/** Offers messages of 1 KiB until one is refused. How many were accepted. */
function fill(producer: Producer): number {
  for (let count = 0; ; count++) if (producer.offer(Buffer.alloc(992)) === BACK_PRESSURED) return count;
}

const groupNames = (directory: string) => inspectSegment('ticks', { directory }).groups.map(({ name }) => name);

test('every group sees every message, at its own pace', () => {
  const directory = newSegment();
  const consumers = [join(directory), join(directory, { group: 'a' }), join(directory, { group: 'b', mode: 'lossy' })];
  const producer = attachProducer('ticks', { directory });
  offer(producer, '1', '2');
  expect(drain(consumers[0]!)).toEqual(['1', '2']);
  offer(producer, '3');
  for (const [i, consumer] of consumers.entries()) expect(drain(consumer)).toEqual(i === 0 ? ['3'] : ['1', '2', '3']);
});

test('the group default keeps what was sent before anybody attached', () => {
  const directory = newSegment();
  offer(attachProducer('ticks', { directory }), '1', '2');
  expect(drain(join(directory))).toEqual(['1', '2']);
});

describe('a durable group', () => {
  test('goes on where it was when a member comes back', () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    const first = join(directory, { group: 'books', durable: true });
    offer(producer, '1', '2', '3');
    first.poll(() => {}, 2);
    first.detach();
    offer(producer, '4');
    expect(groupNames(directory)).toContain('books');
    expect(drain(join(directory, { group: 'books' }))).toEqual(['3', '4']);
  });

  test('holds producers back while nobody is attached', () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    const reader = join(directory);
    join(directory, { group: 'books', durable: true }).detach();
    expect(fill(producer)).toBe(64);
    drain(reader);
    expect(fill(producer)).toBe(0);
    join(directory, { group: 'books' }).poll(() => {}, 10);
    expect(fill(producer)).toBe(10);
  });
});

describe('an ephemeral group', () => {
  test('ends when its member detaches, and a later one of its name begins anew', () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    const first = join(directory, { group: 'guests' });
    offer(producer, '1');
    expect(groupNames(directory)).toEqual(['default', 'guests']);
    first.detach();
    expect(groupNames(directory)).toEqual(['default']);
    const second = join(directory, { group: 'guests' });
    offer(producer, '2');
    expect(drain(second)).toEqual(['2']);
  });

  test('holds producers back as long as its member lives, and no longer', async () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    const reader = join(directory);
    const child = await attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory, group: 'guests' })})`);
    expect(fill(producer)).toBe(64);
    drain(reader);
    expect(fill(producer)).toBe(0);
    process.kill(child.pid, 'SIGSTOP'); // stopped is not dead: it still holds them back
    expect(fill(producer)).toBe(0);
    await child.kill('SIGKILL');
    // Nobody else is there to clean up: a producer that is refused for a while looks for the dead itself.
    const deadline = performance.now() + HANGS_AFTER_MS;
    while (producer.offer(Buffer.alloc(992)) === BACK_PRESSURED) expect(performance.now()).toBeLessThan(deadline);
    expect(fill(producer)).toBe(63);
    expect(groupNames(directory)).toEqual(['default']);
  });

  test('without any member, left by one who died while it was detaching, is removed by a producer that is refused', () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    setGroupState(openRaw(directory).memory, 1, GROUP_ACTIVE); // its member's slot is free already
    const reader = join(directory);
    setGroupState(openRaw(directory).memory, 1, GROUP_ACTIVE); // joining cleaned it up
    const deadline = performance.now() + HANGS_AFTER_MS;
    for (let sent = 0; sent < 100; ) {
      if (producer.offer(Buffer.alloc(992)) !== BACK_PRESSURED) sent++;
      else reader.poll(() => {});
      expect(performance.now()).toBeLessThan(deadline);
    }
    expect(groupNames(directory)).toEqual(['default']);
  });

  test('of a member that was killed is gone when the next participant attaches', async () => {
    const directory = newSegment();
    const child = await attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory, group: 'guests' })})`);
    expect(groupNames(directory)).toEqual(['default', 'guests']);
    await child.kill('SIGKILL');
    attachProducer('ticks', { directory }).detach();
    expect(groupNames(directory)).toEqual(['default']);
  });
});

describe('a new group', () => {
  test('begins with the next message', () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    offer(producer, '1', '2');
    const late = join(directory, { group: 'late' });
    const later = join(directory, { group: 'later', from: 'latest' });
    offer(producer, '3');
    expect([drain(late), drain(later)]).toEqual([['3'], ['3']]);
  });

  test('begins with the oldest message that a reliable group still holds, when asked to', () => {
    const directory = newSegment();
    const producer = attachProducer('ticks', { directory });
    const reader = join(directory);
    offer(producer, '1', '2', '3');
    expect(reader.poll(() => {}, 1)).toBe(1);
    expect(drain(join(directory, { group: 'old', from: 'oldest' }))).toEqual(['2', '3']);
  });

  test('begins at the head in every lane where nobody holds anything', () => {
    const directory = newSegment({ producers: 2 });
    const [one, two] = [attachProducer('ticks', { directory }), attachProducer('ticks', { directory })];
    const reader = join(directory);
    offer(one, 'a', 'b');
    offer(two, 'c');
    drain(reader);
    offer(two, 'd');
    expect(drain(join(directory, { group: 'old', from: 'oldest' }))).toEqual(['d']);
  });

  test('is refused when all places are taken, and the error names them', () => {
    const directory = newSegment({ maxGroups: 3 });
    const guests = [join(directory, { group: 'a' }), join(directory, { group: 'b', mode: 'lossy' })];
    const error = thrownBy(() => join(directory, { group: 'c' }));
    expect(error.code).toBe('ERR_HERMES_NO_FREE_GROUP');
    expect(error.message).toContain('default, a, b');
    guests[1]!.detach();
    join(directory, { group: 'c' });
    guests[0]!.detach();
  });
});

describe('a group of one member', () => {
  test('refuses a second one, and names the first', async () => {
    const directory = newSegment();
    const child = await attachedChild(`attachConsumer('ticks', ${JSON.stringify({ directory })})`);
    for (const options of [{}, { durable: true }]) {
      const error = thrownBy(() => join(directory, options));
      expect(error.code).toBe('ERR_HERMES_NO_FREE_MEMBER');
      expect(error.message).toContain(String(child.pid));
    }
    await child.kill('SIGKILL');
    join(directory).detach();
  });

  test('takes a new one after the first has detached', () => {
    const directory = newSegment();
    for (let round = 0; round < 20; round++) join(directory, { group: 'guests' }).detach();
    const consumer = join(directory);
    expect(codeOf(() => join(directory))).toBe('ERR_HERMES_NO_FREE_MEMBER');
    consumer.detach();
    join(directory).detach();
  });
});

describe('options', () => {
  test.each<[string, ConsumerOptions, string]>([
    ['a mode that there is not', { mode: 'fast' as never }, 'mode is fast'],
    ['a start that there is not', { from: 'first' as never }, 'from is first'],
    ['a lossy group that is durable', { group: 'x', mode: 'lossy', durable: true }, 'durable'],
    ['a lossy group from the oldest', { group: 'x', mode: 'lossy', from: 'oldest' }, 'from'],
    ['another mode than the group has', { mode: 'lossy' }, 'with mode reliable, not lossy'],
    ['another durability than the group has', { durable: false }, 'with durable true, not false'],
  ])('%s is refused', (_, options, text) => {
    const directory = newSegment();
    const error = thrownBy(() => join(directory, options));
    expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(error.message).toContain(text);
    expect(groupNames(directory)).toEqual(['default']);
  });

  test('that say what the group is already are fine', () => {
    join(newSegment(), { mode: 'reliable', durable: true, from: 'oldest' });
  });
});

describe('a new group at the entry of one that has ended', () => {
  const counts = (directory: string, name: string) => {
    const group = inspectSegment('ticks', { directory }).groups.find((each) => each.name === name)!;
    return { redelivered: group.redelivered, lost: group.lost };
  };

  test('has redelivered nothing yet', async () => {
    const directory = newSegment({ members: 2 });
    const producer = attachProducer('ticks', { directory });
    const [first, second] = [1, 2].map(() => join(directory, { group: 'a', shared: true }));
    offer(producer, '1');
    expect(first!.read(() => {})).toBe(1);
    first!.detach();
    await until(() => second!.poll(() => {}) === 1);
    expect(counts(directory, 'a')).toEqual({ redelivered: 1, lost: 0 });
    second!.detach();
    join(directory, { group: 'b', shared: true });
    expect(counts(directory, 'b')).toEqual({ redelivered: 0, lost: 0 });
  });

  test('has lost nothing yet', () => {
    const directory = newSegment({ groups: {} });
    const producer = attachProducer('ticks', { directory });
    const lossy = join(directory, { group: 'a', mode: 'lossy' });
    for (let i = 0; i < 200; i++) expect(producer.offer(Buffer.alloc(992))).toBeGreaterThan(0);
    expect(lossy.poll(() => {})).toBe(0); // lapped: goes to the head
    offer(producer, 'last');
    expect(lossy.poll(() => {})).toBe(1);
    const { lost } = counts(directory, 'a');
    expect(lost).toBeGreaterThan(0);
    lossy.detach();
    join(directory, { group: 'b', mode: 'lossy' });
    expect(counts(directory, 'b')).toEqual({ redelivered: 0, lost: 0 });
  });
});
