import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { WAYS } from './ways.js';

/** Sends messages at a pace to a receiver, which is its child, and compares the clocks of both ends. */
export interface WakeTask {
  readonly way: string;
  readonly place: string;
  readonly messageCount: number;
  /** Milliseconds between two messages, on average. */
  readonly paceMs: number;
}

/** Nanoseconds from each send to its handler. */
export type WakeResult = number[];

const RECEIVE = 'receive';

if (process.argv[2] === RECEIVE) await receive(process.argv[3]!, process.argv[4]!, Number(process.argv[5]));
else await send(childTask<WakeTask>());

async function receive(way: string, place: string, messageCount: number): Promise<void> {
  const times = new BigInt64Array(messageCount);
  let count = 0;
  await WAYS[way]!.receive(place, () => {
    times[count++] = process.hrtime.bigint();
    if (count === messageCount) process.send!(times, () => process.exit());
  });
  process.once('disconnect', () => process.exit(1));
  process.send!('ready');
}

async function send({ way, place, messageCount, paceMs }: WakeTask): Promise<void> {
  const receiver = fork(fileURLToPath(import.meta.url), [RECEIVE, way, place, `${messageCount}`], {
    serialization: 'advanced',
  });
  spawnSync('taskset', ['-cp', '1', `${receiver.pid}`]);
  await once(receiver, 'message');
  const sendOne = await WAYS[way]!.connect(place, receiver);
  const received = once(receiver, 'message');
  const sent = new BigInt64Array(messageCount);
  await awaitStart();
  await sleep(100); // so that the receiver is asleep
  let dueNs = process.hrtime.bigint();
  for (let number = 0; number < messageCount; number++) {
    // Not in step with anything: from half the pace to one and a half.
    dueNs += BigInt(Math.round(paceMs * 1e6 * (0.5 + Math.random())));
    while (process.hrtime.bigint() < dueNs);
    sent[number] = process.hrtime.bigint();
    sendOne();
    if (way === 'Unix socket' || way === 'process.send') await new Promise(setImmediate); // what they write behind goes out
  }
  const [times] = (await received) as [BigInt64Array];
  finish(Array.from(sent, (time, number) => Number(times[number]! - time)) satisfies WakeResult);
}
