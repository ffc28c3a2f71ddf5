import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  createSegment,
  type Message,
  openJournal,
  removeSegment,
  verifyJournal,
} from '../../src/index.js';
import { endAllChildren } from '../processes/child.js';
import { dieAtEveryStep } from '../processes/every-step.js';
import type { Role } from '../processes/programs/die-at-step.js';
import { makeDirectory, removeDirectory } from '../processes/segment-directory.js';
import { journalOfSteps } from './journal-of-steps.js';
import { dieBeforePublishing } from './unpublished.js';

const SEGMENT = 'steps';
const TIMEOUT_MS = 120_000;

let directory: string;
let journal: string;
beforeEach(() => {
  directory = makeDirectory();
  journal = journalOfSteps(directory).to;
});
afterEach(async () => {
  await endAllChildren();
  removeDirectory(directory);
});

const life = (role: Role) => ({ role, segment: SEGMENT, directory, noteFile: path.join(directory, '.counts') });
const bytes = (texts: string) => [...texts].map((text) => Buffer.from(text));

function createFresh(): void {
  fs.rmSync(journal, { recursive: true, force: true });
  createSegment(SEGMENT, { directory, producers: 1, groups: 1, members: 1, capacity: 65_536 });
}

/** The messages that `read` hands out until there are none, as one word. */
function all(read: (handler: (message: Message) => void) => number): string {
  const texts: string[] = [];
  while (read(({ payload }) => texts.push(payload.toString())) > 0);
  return texts.join('');
}

function recorded(): string {
  using reader = openJournal(journal);
  return all((handler) => reader.read(handler));
}

async function expectWhole(): Promise<void> {
  expect(await verifyJournal(journal)).toMatchObject({ damages: [], gaps: [] });
  removeSegment(SEGMENT, { directory, force: true });
}

test('a recorder leaves every message once to the one that comes after it', { timeout: TIMEOUT_MS }, async () => {
  const prepare = () => {
    createFresh();
    using producer = attachProducer(SEGMENT, { directory });
    producer.offerBatch(bytes('abcde'));
  };
  const check = async () => {
    using next = attachRecorder(SEGMENT, { directory, group: 'default', ...journalOfSteps(directory) });
    while (next.record() > 0);
    expect(recorded()).toBe('abcde');
    await expectWhole();
  };
  expect(await dieAtEveryStep({ ...life('recorder'), prepare, check })).toBeGreaterThan(5);
});

test('a producer with a journal leaves in it what was published, also when it dies while it takes back what was not', {
  timeout: TIMEOUT_MS,
}, async () => {
  const prepare = () => {
    createFresh();
    using producer = attachProducer(SEGMENT, { directory, journal });
    producer.offerBatch(bytes('ab'));
    producer.detach();
    dieBeforePublishing(SEGMENT, directory, journal, bytes('123'));
  };
  const check = async () => {
    using next = attachProducer(SEGMENT, { directory, journal });
    next.offer(Buffer.from('.'));
    using consumer = attachConsumer(SEGMENT, { directory });
    const received = all((handler) => consumer.poll(handler));
    expect(['ab.', 'abx.', 'abxyz.']).toContain(received);
    expect(recorded()).toBe(received);
    await expectWhole();
  };
  expect(await dieAtEveryStep({ ...life('journaling producer'), prepare, check })).toBeGreaterThan(10);
});
