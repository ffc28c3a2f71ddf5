import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSegment } from '../../src/index.js';
import type { Consumed, ConsumeStreams } from '../programs/consume-streams.js';
import type { ProduceNumbered } from '../programs/produce-numbered.js';
import type { Produced, ProduceStream } from '../programs/produce-stream.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';

/** A Node for each, which `npm run test:arm64` names: one of them in an emulator. */
const NODES = { x64: process.env.HERMES_TEST_X64_NODE, arm64: process.env.HERMES_TEST_ARM64_NODE } as const;
type Arch = keyof typeof NODES;
const WAYS: readonly (readonly [Arch, Arch])[] = [
  ['x64', 'arm64'],
  ['arm64', 'x64'],
];
const SEGMENT = 'both';
const COUNT = 10_000;
/** What a producer reports. */
const ATTACHED = 'attached';

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

describe.runIf(NODES.x64 !== undefined && NODES.arm64 !== undefined)('processes of x86-64 and of arm64', () => {
  test('are what they are called', () => {
    for (const [arch, node] of Object.entries(NODES))
      expect(execFileSync(node!, ['--print', 'process.arch'], { encoding: 'utf8' }).trim()).toBe(arch);
  });

  test.each(WAYS)('exchange messages in one segment: %s produces, %s consumes', async (producing, consuming) => {
    createSegment(SEGMENT, { directory, producers: 1, capacity: 65_536, maxPayload: 2000, checksum: true });
    const consumer = Program.start('consume-streams', { node: NODES[consuming] });
    const options = { group: 'default', directory };
    consumer.command({ segment: SEGMENT, options, laneCount: 1, countPerLane: COUNT } satisfies ConsumeStreams);
    await consumer.next('attached');
    const producer = Program.start('produce-stream', { node: NODES[producing] });
    await producer.next('standing by');
    producer.command({ segment: SEGMENT, directory, stream: 0, count: COUNT } satisfies ProduceStream);
    const { count } = await producer.next<Produced>('produced');
    const [lane] = await consumer.next<Consumed[]>('consumed');
    expect(lane).toEqual({ count: COUNT, stream: 0 });
    expect(count).toBe(COUNT);
  });

  test.each(WAYS)('see each other die: %s holds the only lane, %s takes it over', async (holding, taking) => {
    createSegment(SEGMENT, { directory, producers: 1, capacity: 65_536, maxPayload: 2000 });
    const start = (arch: Arch, generation: number) => {
      const child = Program.start('produce-numbered', { node: NODES[arch] });
      const countsFile = path.join(directory, `counts-${generation}`);
      child.command({ segment: SEGMENT, directory, generation, countsFile, paceMs: 1 } satisfies ProduceNumbered);
      return child;
    };
    const holder = start(holding, 1);
    await holder.next(ATTACHED);
    const taker = start(taking, 2);
    const taken = taker.next(ATTACHED).then(() => 'taken');
    const waited = new Promise((resolve) => setTimeout(resolve, 3000, 'held'));
    expect(await Promise.race([taken, waited])).toBe('held');
    holder.kill();
    expect(await taken).toBe('taken');
  });
});
