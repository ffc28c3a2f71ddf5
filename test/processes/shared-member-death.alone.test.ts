import fs from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  type Consumer,
  createSegment,
  inspectSegment,
  type Producer,
  removeSegment,
} from '../../src/index.js';
import { carriesNumber, numberedPayload } from '../support/numbered-payload.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import { dieAtEveryStep } from './every-step.js';
import { type Handled, HandledLog, readHandledLog } from './handled-log.js';

const SEGMENT = 'work';
const SHAPE = { producers: 1, maxGroups: 1, members: 3, capacity: 65_536, maxPayload: 2000, shared: true } as const;
/** More than the one that dies takes. */
const FIRST_MESSAGES = 20;
/** Several times through the lane. */
const MESSAGES = 300;
/** What the one that dies takes at once: see `die-at-step.ts`. */
const LIMIT = 4;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

/** Times that each message was handled. */
function timesHandled(log: readonly Handled[]): number[] {
  const times = Array.from({ length: MESSAGES }, () => 0);
  for (const { sequence, whole } of log) {
    if (!whole) throw new Error(`message ${sequence} was not whole`);
    times[sequence]!++;
  }
  return times;
}

describe('at whatever store a member of a shared group dies', () => {
  test('the others handle all that it had not acknowledged, and producers go on', async () => {
    const noteFile = path.join(directory, '.handled');
    let producer: Producer;
    let survivor: Consumer;
    const prepare = () => {
      fs.rmSync(noteFile, { force: true });
      createSegment(SEGMENT, { ...SHAPE, directory });
      producer = attachProducer(SEGMENT, { directory });
      survivor = attachConsumer(SEGMENT, { directory });
      for (let number = 0; number < FIRST_MESSAGES; number++) producer.offer(numberedPayload(0, number));
    };
    const check = async () => {
      using log = new HandledLog(noteFile, 1);
      const poll = () =>
        survivor.poll((message) => {
          log.append(message.lane, message.sequence, carriesNumber(message, 0, message.sequence));
        }, LIMIT);
      for (let number = FIRST_MESSAGES; number < MESSAGES; number++) {
        while (producer.offer(numberedPayload(0, number)) < 0) if (poll() === 0) await setImmediate();
      }
      while (timesHandled(readHandledLog(noteFile)).includes(0)) if (poll() === 0) await setImmediate();
      const times = timesHandled(readHandledLog(noteFile));
      expect(times.reduce((sum, time) => sum + time - 1, 0)).toBeLessThanOrEqual(LIMIT);
      producer.detach();
      survivor.detach();
      expect(inspectSegment(SEGMENT, { directory }).groups[0]!.members).toEqual([]);
      removeSegment(SEGMENT, { directory });
    };
    const life = { role: 'sharer', segment: SEGMENT, directory, noteFile } as const;
    expect(await dieAtEveryStep({ ...life, prepare, check })).toBeGreaterThan(10);
  });
});
