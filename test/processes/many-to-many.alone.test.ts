import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSegment, inspectSegment } from '../../src/index.js';
import type { Consumed, ConsumeStreams } from '../programs/consume-streams.js';
import type { Produced, ProduceStream } from '../programs/produce-stream.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';

const SEGMENT = 'many';
const PRODUCERS = 4;
const COUNT = 60_000;
const GROUPS = [{ group: 'default' }, { group: 'audit', durable: true }, { group: 'passing', durable: false }] as const;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

async function startConsumer(group: (typeof GROUPS)[number]): Promise<Program> {
  const consumer = Program.start('consume-streams');
  const options = { ...group, directory };
  const command: ConsumeStreams = { segment: SEGMENT, options, laneCount: PRODUCERS, countPerLane: COUNT };
  consumer.command(command);
  await consumer.next('attached');
  return consumer;
}

async function startProducer(stream: number): Promise<Program> {
  const producer = Program.start('produce-stream');
  await producer.next('standing by');
  const command: ProduceStream = { segment: SEGMENT, directory, stream, count: COUNT };
  producer.command(command);
  return producer;
}

describe('four producers and three reliable groups at once', () => {
  test('every group gets every message: each lane whole, in order, byte for byte', async () => {
    createSegment(SEGMENT, { directory, producers: PRODUCERS, capacity: 262_144, maxPayload: 2000, checksum: true });
    const consumers = await Promise.all(GROUPS.map(startConsumer));
    const producers = await Promise.all(Array.from({ length: PRODUCERS }, (_, stream) => startProducer(stream)));
    const produced = await Promise.all(producers.map((producer) => producer.next<Produced>('produced')));
    const consumed = await Promise.all(consumers.map((consumer) => consumer.next<Consumed[]>('consumed')));
    for (const [stream, { lane, count }] of produced.entries()) {
      const expected = { count, stream };
      expect(consumed.map((lanes) => lanes[lane])).toEqual(GROUPS.map(() => expected));
    }
    expect(new Set(produced.map(({ lane }) => lane)).size).toBe(PRODUCERS);
    await Promise.all([...producers, ...consumers].map((child) => child.exited));
    const { groups, lanes } = inspectSegment(SEGMENT, { directory });
    expect(groups.map(({ name, lagLength, members }) => ({ name, lagLength, members }))).toEqual(
      ['default', 'audit'].map((name) => ({ name, lagLength: 0, members: [] })),
    );
    expect(lanes.map(({ messages, producer }) => ({ messages, producer }))).toEqual(
      lanes.map(() => ({ messages: COUNT, producer: null })),
    );
  });
});
