import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VerificationError } from '../../bench/contestants/contestant.js';
import { linkContestant } from '../../bench/contestants/links.js';
import { hermes, PLAIN } from '../../bench/contestants/rings.js';
import type { RingTask } from '../../bench/rings/ring-ends.js';
import {
  type Bench,
  makeScratch,
  RING_CAPACITY,
  type Scratch,
  SHORT,
  type Workload,
} from '../../bench/runner/bench.js';
import type { ReceiptResult } from '../../bench/runner/measured-end.js';
import { rateOf, runMeasuring } from '../../bench/runner/measuring.js';
import { startRole } from '../../bench/runner/role.js';
import { createSegment } from '../../src/index.js';
import { startChild } from '../../src/tools/bench/child.js';
import type { SendWrong } from './programs/send-wrong.js';

const SEND_WRONG = new URL('./programs/send-wrong.js', import.meta.url);
const workload: Workload = { payloadLength: 64, messageCount: 2000, warmUpCount: 500 };

let scratch: Scratch;
let bench: Bench;
beforeEach(() => {
  scratch = makeScratch();
  bench = { profile: SHORT, scratch, interrupted: new AbortController().signal, progress() {} };
});
afterEach(() => {
  scratch[Symbol.dispose]();
  expect(fs.existsSync(scratch.directory)).toBe(false);
});

describe.each(['Hermes', 'Unix domain socket'])('%s', (name) => {
  const contestant = () =>
    name === 'Hermes'
      ? hermes(bench, name, PLAIN)
      : linkContestant(bench, {
          name,
          how: '',
          link: 'unix',
          venue: async () => ({ address: scratch.fresh('link'), close: async () => {} }),
        });

  test.each(['one', 'batch'] as const)('carries all messages: %s at a time', async (sending) => {
    expect(await contestant().throughput(workload, sending)).toBeGreaterThan(0);
  });

  test('makes as many round trips as were measured', async () => {
    const histogram = await contestant().roundTrips({ ...workload, messageCount: 300 });
    expect(histogram.totalCount).toBe(300);
  });
});

describe('a receiver', () => {
  async function receive(wrongNumber: number, wrongByte: number): Promise<number> {
    const { directory } = scratch;
    createSegment('wrong', { directory, producers: 1, maxGroups: 1, members: 1 });
    const shape = {
      ring: 'hermes',
      there: 'wrong',
      back: '',
      directory,
      capacity: RING_CAPACITY,
      idle: 'spin',
    } as const;
    const { payloadLength, messageCount, warmUpCount } = workload;
    const sender = {
      segment: 'wrong',
      directory,
      payloadLength,
      messageCount: messageCount + warmUpCount,
      wrongNumber,
      wrongByte,
    };
    const result = await runMeasuring<ReceiptResult>(
      [
        startRole<unknown>('ring', { ...workload, ...shape, end: 'receiver', batchCount: 1 } satisfies RingTask),
        startChild<unknown>(SEND_WRONG, sender satisfies SendWrong),
      ],
      bench.interrupted,
    );
    return rateOf('the sender', workload, result);
  }

  test('takes sound messages', async () => {
    expect(await receive(-1, 0)).toBeGreaterThan(0);
  });

  test.each([
    ['any byte of the warm-up', 123, 32],
    ['the number of a measured message', 1234, 0],
    ['the pattern of a measured message', 2400, 63],
  ])('notices that one message is wrong: %s', async (_, wrongNumber, wrongByte) => {
    await expect(receive(wrongNumber, wrongByte)).rejects.toThrow(VerificationError);
  });
});
