import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment, removeSegment } from '../../src/index.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { isPending, rejectionCode } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';

/** A process that prints how everything ended that it waited for; a rejection that nobody handles ends it at once. */
const PRELUDE = `
  import { attachConsumer, attachProducer, Coordinator } from 'hermes:index.js';
  for (const event of ['unhandledRejection', 'uncaughtException'])
    process.on(event, (error) => { console.log(event + ': ' + error?.stack); process.exit(1); });
  const options = { directory: process.argv[1], idle: 'doorbell' };
  const told = new Promise((resolve) => process.stdin.once('data', resolve));
  const ended = (stream) => new Promise((resolve, reject) => stream.once('close', resolve).once('error', reject));
  const outcomeOf = (promise) => promise.then((value) => value ?? 'ended', (error) => error.code ?? error.name);`;

const CONSUMING = `
  const consumer = attachConsumer('ticks', options);
  consumer.poll(() => {});
  const polled = async () => { await consumer.waitAsync(); consumer.poll(() => {}); };
  const iterated = async () => { for await (const _ of consumer); };
  const batched = async () => { for await (const _ of consumer.batches(4)); };`;

const PRODUCING = `
  const producer = attachProducer('ticks', options);
  while (producer.offer(Buffer.alloc(1000)) >= 0);
  const written = () => { const stream = producer.writable(); stream.write(Buffer.alloc(1000)); return ended(stream); };`;

interface Case {
  readonly what: string;
  readonly setUp: string;
  readonly wait: string;
  /** How it ends when its participant detaches, and when the segment is removed. */
  readonly detached: string;
  readonly removed: string;
}

const [DETACHED, REMOVED] = ['ERR_HERMES_DETACHED', 'ERR_HERMES_REMOVED'];
const CASES: readonly Case[] = [
  { what: 'waitAsync and poll', setUp: CONSUMING, wait: 'polled()', detached: DETACHED, removed: REMOVED },
  { what: 'for await', setUp: CONSUMING, wait: 'iterated()', detached: 'ended', removed: REMOVED },
  { what: 'batches', setUp: CONSUMING, wait: 'batched()', detached: 'ended', removed: REMOVED },
  {
    what: 'readable',
    setUp: CONSUMING,
    wait: 'ended(consumer.readable().resume())',
    detached: 'ended',
    removed: REMOVED,
  },
  { what: 'send', setUp: PRODUCING, wait: 'producer.send(Buffer.alloc(1000))', detached: DETACHED, removed: REMOVED },
  { what: 'flush', setUp: PRODUCING, wait: 'producer.flush()', detached: DETACHED, removed: REMOVED },
  { what: 'writable', setUp: PRODUCING, wait: 'written()', detached: DETACHED, removed: REMOVED },
];

async function start(directory: string, text: string): Promise<Child> {
  const child = Child.start(`${PRELUDE}${text}`, directory);
  expect(await child.line()).toBe('waits');
  await setTimeout(20); // it sleeps
  return child;
}

/** A process that sleeps in all of the cases, each on a segment of its own, and prints how each ended. */
async function startAll(): Promise<{ directory: string; child: Child }> {
  const directory = scratchDirectory();
  const waits = CASES.map(({ setUp, wait }, i) => {
    createSegment(`ticks${i}`, { ...SMALL, directory });
    return `{
      ${setUp.replace('ticks', `ticks${i}`)}
      outcomes.push(outcomeOf(${wait}));
      told.then(() => ${setUp === CONSUMING ? 'consumer' : 'producer'}.detach());
    }`;
  });
  const child = await start(
    directory,
    `const outcomes = [];
     ${waits.join('\n')}
     console.log('waits');
     for (const outcome of outcomes) console.log(await outcome);
     process.stdin.destroy();`,
  );
  return { directory, child };
}

async function outcomesOf(child: Child): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const { what } of CASES) outcomes[what] = await child.line();
  expect(await child.ended).toBe(0);
  return outcomes;
}

describe('everything that a process sleeps in ends as documented', () => {
  test('when it detaches', async () => {
    const { child } = await startAll();
    child.tell('detach');
    expect(await outcomesOf(child)).toEqual(Object.fromEntries(CASES.map(({ what, detached }) => [what, detached])));
  });

  test('when the segment is removed', async () => {
    const { directory, child } = await startAll();
    for (const i of CASES.keys()) removeSegment(`ticks${i}`, { directory, force: true });
    expect(await outcomesOf(child)).toEqual(Object.fromEntries(CASES.map(({ what, removed }) => [what, removed])));
  });
});

test('a removal ends a wait that blocks its thread', async () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, directory });
  const child = await start(
    directory,
    `${CONSUMING}
     console.log('waits');
     consumer.wait();
     try { consumer.poll(() => {}); } catch (error) { console.log(error.code); }
     process.stdin.destroy();`,
  );
  removeSegment('ticks', { directory, force: true });
  expect(await child.line()).toBe(REMOVED);
  expect(await child.ended).toBe(0);
});

test.each(['SIGKILL', 'SIGSTOP'] as const)(
  'those who sleep are woken while the coordinator is gone (%s)',
  async (signal) => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const coordinator = await start(
      directory,
      `const coordinator = new Coordinator({ directory: options.directory }); console.log('waits');`,
    );
    const sleeper = await start(
      directory,
      `${CONSUMING}
     console.log('waits');
     for await (const { payload } of consumer) console.log(payload[0]);`,
    );
    process.kill(coordinator.pid, signal);
    if (signal === 'SIGKILL') await coordinator.ended;
    using producer = attachProducer('ticks', { directory });
    for (let i = 0; i < 3; i++) {
      offerNumbers(producer, i, 1);
      expect(await sleeper.line()).toBe(`${i}`);
    }
    if (signal === 'SIGSTOP') process.kill(coordinator.pid, 'SIGCONT');
  },
);

describe('an open claim', () => {
  test('that is aborted wakes nobody, and the next message is the next in the sequence', async () => {
    const { producer, consumer } = attachedPair();
    consumer.poll(() => {});
    const waited = consumer.waitAsync();
    producer.tryClaim(10)!.abort();
    expect(await isPending(waited)).toBe(true);
    offerNumbers(producer, 0, 1);
    await waited;
    expect(consumer.poll(({ sequence }) => expect(sequence).toBe(0))).toBe(1);
  });

  test('whose producer detaches ends in coded errors, and its message is never seen', async () => {
    const { producer, consumer } = attachedPair();
    consumer.poll(() => {});
    const waited = consumer.waitAsync({ timeout: 30 });
    const claim = producer.tryClaim(10)!;
    producer.detach();
    expect(codeOf(() => claim.commit())).toBe(DETACHED);
    expect(codeOf(() => claim.abort())).toBe(DETACHED);
    await waited;
    expect(consumer.poll(() => {})).toBe(0);
  });

  test('whose producer is SIGKILLed is never seen, and who drains is woken', async () => {
    const { directory, producer, consumer } = attachedPair({ producers: 2 });
    const child = await start(
      directory,
      `const producer = attachProducer('ticks', options);
       producer.offer(Buffer.from('whole'));
       producer.tryClaim(100).view.fill(1);
       console.log('waits');`,
    );
    producer.detach();
    const texts: string[] = [];
    const drained = (async () => {
      for await (const batch of consumer.batches(8, { drain: true }))
        texts.push(...batch.map((m) => m.payload.toString()));
    })();
    await child.kill('SIGKILL');
    await drained;
    expect(texts).toEqual(['whole']);
  });

  test('keeps what waits in send from nothing once it is closed', async () => {
    const { producer, consumer } = attachedPair();
    const claim = producer.tryClaim(10)!;
    expect(await rejectionCode(producer.send(Buffer.alloc(1)))).toBe('ERR_HERMES_INVALID_STATE');
    claim.commit();
    await producer.send(Buffer.alloc(1));
    expect(consumer.poll(() => {})).toBe(2);
  });
});

test('a process that is killed asleep leaves its place to the next, who is woken', async () => {
  const { directory, producer, consumer } = attachedPair();
  consumer.detach();
  for (let i = 0; i < 3; i++) {
    const child = await start(
      directory,
      `${CONSUMING}
       console.log('waits');
       for await (const { payload } of consumer) console.log(payload[0]);`,
    );
    offerNumbers(producer, i, 1);
    expect(await child.line()).toBe(`${i}`);
    await setTimeout(5);
    await child.kill('SIGKILL');
  }
  using last = attachConsumer('ticks', { directory });
  const waited = last.waitAsync();
  offerNumbers(producer, 3, 1);
  expect(await waited).toBe(true);
  expect(inspectSegment('ticks', { directory }).groups[0]!.members).toHaveLength(1);
});
