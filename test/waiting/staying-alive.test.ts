import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { attachedPair, fillLane } from '../support/attached-pair.js';
import { Child } from '../support/child.js';

interface Waiting {
  readonly what: string;
  readonly attach: string;
  readonly wait: string;
}

const WAITS: readonly Waiting[] = [
  { what: 'waitAsync', attach: 'attachConsumer', wait: 'participant.waitAsync()' },
  { what: 'waitAsync with a time-out', attach: 'attachConsumer', wait: 'participant.waitAsync({ timeout: 600_000 })' },
  { what: 'for await', attach: 'attachConsumer', wait: '(async () => { for await (const _ of participant); })()' },
  { what: 'readable', attach: 'attachConsumer', wait: 'participant.readable().resume()' },
  { what: 'send', attach: 'attachProducer', wait: 'participant.send(Buffer.alloc(1000))' },
  { what: 'flush', attach: 'attachProducer', wait: 'participant.flush()' },
];

/** A process that waits, and keeps nothing else: its stdin and stdout hold it no longer than that takes. */
async function waitingChild(directory: string, { attach, wait }: Waiting, idle: string, holds: string): Promise<Child> {
  const child = Child.start(
    `import { attachConsumer, attachProducer } from 'hermes:index.js';
     const options = { directory: process.argv[1], idle: ${JSON.stringify(idle)} };
     if (${attach} === attachConsumer) options.group = 'guest';
     const participant = ${attach}('ticks', options);
     if (${attach} === attachProducer) while (participant.offer(Buffer.alloc(1000)) >= 0);
     process.on('exit', (code) => console.log('ends'));
     ${holds};
     ${wait};
     console.log('waits');`,
    directory,
  );
  expect(await child.line()).toBe('waits');
  return child;
}

const hasEnded = async (child: Child) => Promise.race([child.ended, setTimeout(150, 'waits')]);

function place(): string {
  const { directory, producer, consumer } = attachedPair({ producers: 2, maxGroups: 3 });
  consumer.poll(() => {});
  fillLane(producer, 1000); // the durable group holds the other lane's producer, too
  return directory;
}

/** Two processes, one of them after `unref`. */
async function pairOfChildren(waiting: Waiting, idle: string): Promise<void> {
  const [staying, ending] = await Promise.all([
    waitingChild(place(), waiting, idle, ''),
    waitingChild(place(), waiting, idle, 'participant.unref()'),
  ]);
  expect(await ending.line()).toBe('ends');
  expect(await ending.ended).toBe(0);
  expect(await hasEnded(staying)).toBe('waits');
}

test.each(WAITS)('while it waits in $what a process stays alive, and ends by itself after unref', async (waiting) => {
  await pairOfChildren(waiting, 'balanced');
});

test.each(['doorbell', 'spin'])('likewise where the idle strategy is %s', async (idle) => {
  await pairOfChildren(WAITS[0]!, idle);
});

test('ref takes unref back', async () => {
  const child = await waitingChild(place(), WAITS[0]!, 'doorbell', 'participant.unref().ref()');
  expect(await hasEnded(child)).toBe('waits');
});

test.each(['participant.unref()', 'participant.ref()'])('%s changes a wait that goes on', async (change) => {
  const isUnref = change.includes('unref');
  const first = isUnref ? 'participant.ref()' : 'participant.unref()';
  const wait = `participant.waitAsync(); setTimeout(() => ${change}, 20)`;
  const child = await waitingChild(place(), { ...WAITS[0]!, wait }, 'doorbell', first);
  expect(await (isUnref ? child.ended : hasEnded(child))).toBe(isUnref ? 0 : 'waits');
});

test.each(['attachConsumer', 'attachProducer'])(
  'a participant that does not wait keeps no process alive (%s)',
  async (attach) => {
    const child = await waitingChild(place(), { what: '', attach, wait: '' }, 'balanced', '');
    expect(await child.line()).toBe('ends');
    expect(await child.ended).toBe(0);
  },
);
