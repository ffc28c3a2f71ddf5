import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  createSegment,
  inspectSegment,
  openJournal,
} from '../../src/index.js';
import { Replay } from '../../src/recording/replay.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { mayEnter, startContainer } from './container.js';

const DAY_S = 86_400;
const MINUTE_NS = 60_000_000_000n;
const OPTIONS = '{ directory: process.argv[1] }';

/** Node whose monotonic clock is ahead of the machine's by so many seconds, as in a container that was moved from another machine. */
const entering = (seconds: number) => ['unshare', '--time', '--monotonic', `${seconds}`, '--fork', '--kill-child'];

/** Prints its lead over the time that is given, in seconds, as a check that the namespace does something. */
const sending = (text: string) => `
  const producer = attachProducer('ticks', ${OPTIONS});
  producer.offer(Buffer.from('${text}'));
  console.log(process.hrtime()[0]);
  setInterval(() => producer, 1000);`;

describe.runIf(mayEnter(entering(DAY_S)))('in a time namespace', () => {
  test.each([DAY_S, -1])(
    'the clock is another one (%d s), and yet the times of a lane are those of the machine',
    async (lead) => {
      const directory = scratchDirectory();
      createSegment('ticks', { ...SMALL, directory });
      using consumer = attachConsumer('ticks', { directory });
      const times: bigint[] = [];
      for (const turn of ['host', 'container', 'host', 'container']) {
        const before = consumer.timeNs();
        if (turn === 'host') {
          using producer = attachProducer('ticks', { directory });
          producer.offer(Buffer.from(turn));
        } else {
          const container = startContainer(entering(lead), sending(turn), directory);
          const seconds = Number(await container.line()) - process.hrtime()[0];
          expect(Math.abs(seconds - lead)).toBeLessThan(3600);
          await container.kill();
        }
        while (consumer.poll(({ timestamp }) => times.push(timestamp)) > 0);
        expect(times.at(-1)).toBeGreaterThanOrEqual(before);
        expect(times.at(-1)).toBeLessThanOrEqual(consumer.timeNs());
      }
      expect(times.length).toBe(4);
    },
  );

  test('what is created has its times in terms of the machine’s clock', async () => {
    const directory = scratchDirectory();
    const container = startContainer(
      entering(DAY_S),
      `createSegment('ticks', { ...${JSON.stringify(SMALL)}, ...${OPTIONS} });
       ${sending('inside')}`,
      directory,
    );
    await container.line();
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    using consumer = attachConsumer('ticks', { directory });
    const { createdAtNs, lanes, groups } = inspectSegment('ticks', { directory });
    const { attachedAtNs, heartbeatNs } = lanes[0]!.producer!;
    const times = [createdAtNs, attachedAtNs, heartbeatNs, groups[0]!.createdAtNs, consumer.timeNs()];
    expect(consumer.poll(({ timestamp }) => times.push(timestamp))).toBe(1);
    for (const time of times) expect(BigInt(time) - nowNs > -MINUTE_NS && BigInt(time) - nowNs < MINUTE_NS).toBe(true);
  });

  test('heartbeats are of the same clock', async () => {
    const directory = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory });
    const container = startContainer(entering(DAY_S), sending('inside'), directory);
    await container.line();
    const heartbeat = () => BigInt(inspectSegment('ticks', { directory }).lanes[0]!.producer!.heartbeatNs);
    const first = heartbeat();
    await until(() => heartbeat() > first);
    using consumer = attachConsumer('ticks', { directory });
    expect(consumer.timeNs() - heartbeat()).toBeGreaterThan(0n);
  });

  test('a replay to a time has every message that is older, whoever sent it', async () => {
    const directory = scratchDirectory();
    const to = path.join(directory, 'journal');
    createSegment('ticks', { ...SMALL, directory });
    const send = (text: string) => {
      using producer = attachProducer('ticks', { directory });
      producer.offer(Buffer.from(text));
    };
    send('1');
    const container = startContainer(entering(DAY_S), sending('2'), directory);
    await container.line();
    await container.kill();
    send('3');
    const recorder = attachRecorder('ticks', { directory, to, group: 'default' });
    recorder.record();
    recorder.detach();
    using reader = openJournal(to);
    const replay = new Replay(reader, { lane: 0, to: { timeNs: BigInt(Date.now()) * 1_000_000n + 60n * MINUTE_NS } });
    const seen: string[] = [];
    while (replay.read(({ payload }) => seen.push(payload.toString()), 10) > 0);
    expect(seen).toEqual(['1', '2', '3']);
  });

  test('the lead is that of the own namespace, not of one that was made for children', async () => {
    const module = JSON.stringify(new URL('../../src/os/time-namespace.js', import.meta.url).href);
    const printLead = `
      const { monotonicLeadNs } = await import(${module});
      console.log(String(monotonicLeadNs()));`;
    const directory = scratchDirectory();
    const inside = startContainer(entering(DAY_S), printLead, directory);
    expect(await inside.line()).toBe(`${DAY_S}000000000`);
    const parent = startContainer(
      ['env'],
      `import { createRequire } from 'node:module';
       import fs from 'node:fs';
       const CLONE_NEWTIME = 0x80;
       const libc = createRequire(${JSON.stringify(import.meta.url)})('koffi').load('libc.so.6');
       console.log(libc.func('int unshare(int)')(CLONE_NEWTIME));
       fs.writeFileSync('/proc/self/timens_offsets', 'monotonic ${DAY_S} 0');
       ${printLead}`,
      directory,
    );
    expect([await parent.line(), await parent.line()]).toEqual(['0', '0']);
  });
});
