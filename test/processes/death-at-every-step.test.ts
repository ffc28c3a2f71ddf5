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
import type { Role } from '../programs/die-at-step.js';
import { numberedPayload } from '../support/numbered-payload.js';
import { scratchDirectory, withoutDoorbells } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import { dieAtEveryStep } from './every-step.js';
import { createRaisedSegment } from './raised-segment.js';
import { Succession, typeOfGeneration } from './succession.js';

const SEGMENT = 'steps';
const CAPACITY = 65_536;
/** The lane's end, and the change of head's high word, are a few messages away. */
const START_POSITION = 2 ** 31 - 4096;
const SUCCESSOR = 1;
const SUCCESSOR_MESSAGES = 200;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

const noteFile = () => path.join(directory, '.counts');
const life = (role: Role) => ({ role, segment: SEGMENT, directory, noteFile: noteFile() });

function createFresh(): void {
  fs.rmSync(noteFile(), { force: true });
  const shape = { producers: 1, maxGroups: 2, members: 2, capacity: CAPACITY, maxPayload: 2000 };
  createRaisedSegment(SEGMENT, START_POSITION, { ...shape, directory });
}

/** Sends through the whole lane some times over, in the name of a successor; the consumer gets all that there is. */
async function sendOn(producer: Producer, consumer: Consumer, lane: Succession): Promise<void> {
  const poll = () => consumer.poll((message) => lane.check(message));
  poll();
  for (let number = 0; number < SUCCESSOR_MESSAGES; number++) {
    while (producer.offer(numberedPayload(SUCCESSOR, number), typeOfGeneration(SUCCESSOR)) < 0) {
      if (poll() === 0) await setImmediate();
    }
  }
  poll();
}

describe('at whatever store it dies', () => {
  test('a producer leaves nothing but whole messages, and its lane to a successor', async () => {
    const check = async () => {
      const lane = new Succession(0);
      using producer = attachProducer(SEGMENT, { directory });
      using consumer = attachConsumer(SEGMENT, { directory });
      const found = producer.position;
      await sendOn(producer, consumer, lane);
      lane.checkComplete(noteFile());
      expect(inspectSegment(SEGMENT, { directory }).lanes[0]!.messages).toBe(lane.sequence);
      expect(found).toBeGreaterThanOrEqual(START_POSITION);
      expect(found).toBeLessThan(START_POSITION + CAPACITY);
      removeSegment(SEGMENT, { directory, force: true });
    };
    expect(await dieAtEveryStep({ ...life('producer'), prepare: createFresh, check })).toBeGreaterThan(10);
  });

  test('a member of an ephemeral group holds nobody back: producers notice, though nobody attaches', async () => {
    const messages = 5;
    let producer: Producer;
    let consumer: Consumer;
    const prepare = () => {
      createFresh();
      producer = attachProducer(SEGMENT, { directory });
      consumer = attachConsumer(SEGMENT, { directory });
      for (let number = 0; number < messages; number++) producer.offer(numberedPayload(0, number));
    };
    const check = async () => {
      await sendOn(producer, consumer, new Succession(0));
      expect(inspectSegment(SEGMENT, { directory }).groups.map(({ name }) => name)).toEqual(['default']);
      using next = attachConsumer(SEGMENT, { directory, group: 'passing' });
      producer.offer(Buffer.from('next'));
      expect(next.poll((message) => expect(message.sequence).toBe(messages + SUCCESSOR_MESSAGES))).toBe(1);
      for (const participant of [producer, consumer]) participant.detach();
      removeSegment(SEGMENT, { directory, force: true });
    };
    expect(await dieAtEveryStep({ ...life('consumer'), prepare, check })).toBeGreaterThan(10);
  });

  test('a creator leaves a whole segment, or nothing', async () => {
    const outcomes = new Set<number>();
    const prepare = () => fs.rmSync(path.join(directory, SEGMENT), { force: true });
    const check = () => {
      const left = withoutDoorbells(directory);
      outcomes.add(left.length);
      if (left.length > 0) expect(left).toEqual([SEGMENT]);
      if (left.length > 0) attachProducer(SEGMENT, { directory }).detach();
    };
    expect(await dieAtEveryStep({ ...life('creator'), prepare, check })).toBeGreaterThan(1);
    expect(outcomes).toContain(0);
  });

  test('a remover leaves a name that can be taken anew, and nobody attached who is not told', async () => {
    let attached: Consumer;
    const prepare = () => {
      createFresh();
      attached = attachConsumer(SEGMENT, { directory });
    };
    const check = () => {
      const isNamed = fs.existsSync(path.join(directory, SEGMENT));
      if (isNamed && !inspectSegment(SEGMENT, { directory }).isRemoved) {
        attachProducer(SEGMENT, { directory }).detach(); // it had not begun
        removeSegment(SEGMENT, { directory, force: true });
      }
      expect(() => attached.poll(() => {})).toThrow(expect.objectContaining({ code: 'ERR_HERMES_REMOVED' }));
      attached.detach();
      createSegment(SEGMENT, { directory });
      attachProducer(SEGMENT, { directory }).detach();
      removeSegment(SEGMENT, { directory });
    };
    expect(await dieAtEveryStep({ ...life('remover'), prepare, check })).toBeGreaterThan(1);
  });
});
