import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  type Consumer,
  createSegment,
  inspectSegment,
  replayInto,
} from '../../src/index.js';
import { Child } from '../support/child.js';
import { carriesNumber, numberedPayload } from '../support/numbered-payload.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';

const COUNT = 500;
const LANES = 2;
const INTO = 'again';

interface Place {
  readonly directory: string;
  readonly journal: string;
}

/** A journal of two lanes with more messages than go into a lane of the segment `again`. */
function recorded(): Place {
  const directory = scratchDirectory();
  const journal = path.join(directory, '.journal');
  createSegment('ticks', { directory, producers: LANES, capacity: 1 << 20 });
  const producers = Array.from({ length: LANES }, () => attachProducer('ticks', { directory }));
  for (let i = 0; i < COUNT; i++) for (const { lane, offer } of producers.map(bound)) offer(numberedPayload(lane, i));
  using recorder = attachRecorder('ticks', { directory, to: journal, group: 'default', fileLength: 131_072 });
  while (recorder.record() > 0);
  for (const producer of producers) producer.detach();
  createSegment(INTO, { directory, producers: LANES, capacity: 65_536 });
  return { directory, journal };
}

function bound(producer: ReturnType<typeof attachProducer>) {
  return { lane: producer.lane, offer: (payload: Uint8Array) => producer.offer(payload) };
}

/** Polls, and checks that what comes is what comes next. How many. */
function pollNext(consumer: Consumer, next: number[]): number {
  return consumer.poll((message) => {
    const { lane } = message;
    if (!carriesNumber(message, lane, next[lane]!)) throw new Error(`lane ${lane}: not message ${next[lane]}`);
    next[lane]!++;
  }, 10);
}

/** How often the main thread of a process has gone to sleep. */
function switchesOf(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'ascii'))![1]);
}

const lagOf = ({ directory }: Place) => inspectSegment(INTO, { directory }).groups[0]!.lagLength;

test('into a segment that is too small waits for room, and keeps each lane in order', async () => {
  const place = recorded();
  const replayed = replayInto(place.journal, INTO, { directory: place.directory });
  using consumer = attachConsumer(INTO, { directory: place.directory });
  const next = [0, 0];
  while (next[0]! + next[1]! < LANES * COUNT) if (pollNext(consumer, next) === 0) await setTimeout(1);
  expect((await replayed).messages).toBe(LANES * COUNT);
  expect(pollNext(consumer, next)).toBe(0);
});

test('that waits for room ends with its signal, and tells how many it has sent', async () => {
  const place = recorded();
  const ending = new AbortController();
  const replayed = replayInto(place.journal, INTO, { directory: place.directory, signal: ending.signal });
  await until(() => lagOf(place) >= 60_000);
  await setTimeout(20);
  ending.abort();
  const { messages } = await replayed;
  using consumer = attachConsumer(INTO, { directory: place.directory });
  const next = [0, 0];
  while (pollNext(consumer, next) > 0);
  expect(messages).toBe(next[0]! + next[1]!);
});

test('that waits for room sleeps: it is woken by the doorbell alone', async () => {
  const place = recorded();
  const child = Child.start(
    `globalThis.setInterval = () => ({ unref: () => {} });
     const { replayInto } = await import('hermes:index.js');
     console.log('replays');
     const { messages } = await replayInto(process.argv[2], '${INTO}', { directory: process.argv[1] });
     console.log(messages);`,
    place.directory,
    place.journal,
  );
  expect(await child.line()).toBe('replays');
  await until(() => lagOf(place) >= 60_000);
  await vi.waitFor(
    async () => {
      const before = switchesOf(child.pid);
      await setTimeout(200);
      expect(switchesOf(child.pid)).toBe(before); // once it has come to rest
    },
    { timeout: 20_000 },
  );
  using consumer = attachConsumer(INTO, { directory: place.directory });
  const next = [0, 0];
  while (next[0]! + next[1]! < LANES * COUNT) if (pollNext(consumer, next) === 0) await setTimeout(1);
  expect(await child.line()).toBe(`${LANES * COUNT}`);
});
