import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  createSegment,
  inspectSegment,
  listSegments,
  type Message,
  openJournal,
  type ProducerOptions,
  removeSegment,
  verifyJournal,
} from '../../src/index.js';
import { dieAtEveryStep } from '../processes/every-step.js';
import type { Role } from '../programs/die-at-step.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import { journalOfSteps } from './journal-of-steps.js';
import { textsOf } from './journaled-segment.js';
import { dieBeforePublishing } from './unpublished.js';

const SEGMENT = 'steps';
const OTHER = 'others';
const TIMEOUT_MS = 120_000;

let directory: string;
let journal: string;
beforeEach(() => {
  directory = scratchDirectory();
  journal = journalOfSteps(directory).to;
});
afterEach(endAllProcesses);

const life = (role: Role) => ({ role, segment: SEGMENT, directory, noteFile: path.join(directory, '.counts') });
const bytes = (texts: string) => [...texts].map((text) => Buffer.from(text));

function createFresh(...names: string[]): void {
  fs.rmSync(journal, { recursive: true, force: true });
  for (const name of names)
    createSegment(name, { directory, producers: 1, maxGroups: 1, members: 1, capacity: 65_536 });
}

function publish(segment: string, texts: string, options: ProducerOptions = {}): void {
  using producer = attachProducer(segment, { directory, ...options });
  producer.offerBatch(bytes(texts));
}

function recordAll(segment: string): void {
  using recorder = attachRecorder(segment, { directory, group: 'default', ...journalOfSteps(directory) });
  while (recorder.record() > 0);
}

function recorded(): string {
  using reader = openJournal(journal);
  return textsOf((handler) => reader.read(handler)).join('');
}

/** What is recorded of one segment. */
function recordedOf(segment: string): string {
  const { segmentId } = inspectSegment(segment, { directory });
  using reader = openJournal(journal);
  const only = (handler: (message: Message) => void) =>
    reader.read((message) => {
      if (reader.segmentId === segmentId) handler(message);
    });
  return textsOf(only).join('');
}

async function expectWhole(): Promise<void> {
  expect(await verifyJournal(journal)).toMatchObject({ damages: [], gaps: [] });
  for (const { name } of listSegments({ directory })) removeSegment(name, { directory, force: true });
}

test('a recorder leaves every message once to the one that comes after it, also when another segment is recorded between', {
  timeout: TIMEOUT_MS,
}, async () => {
  let lives = 0;
  const prepare = () => {
    createFresh(SEGMENT, OTHER);
    publish(SEGMENT, 'ab');
    recordAll(SEGMENT);
    publish(OTHER, 'x');
    recordAll(OTHER);
    publish(SEGMENT, 'cde');
  };
  const check = async () => {
    publish(OTHER, 'yz');
    if (lives++ % 2 === 0) recordAll(OTHER);
    recordAll(SEGMENT);
    recordAll(OTHER);
    expect([recordedOf(SEGMENT), recordedOf(OTHER)]).toEqual(['abcde', 'xyz']);
    await expectWhole();
  };
  expect(await dieAtEveryStep({ ...life('recorder'), prepare, check })).toBeGreaterThan(5);
});

test('a producer with a journal leaves in it what was published, also when it dies while it takes back what was not', {
  timeout: TIMEOUT_MS,
}, async () => {
  const prepare = () => {
    createFresh(SEGMENT);
    publish(SEGMENT, 'ab', { journal });
    dieBeforePublishing(SEGMENT, directory, journal, bytes('123'));
  };
  const check = async () => {
    using next = attachProducer(SEGMENT, { directory, journal });
    next.offer(Buffer.from('.'));
    using consumer = attachConsumer(SEGMENT, { directory });
    const received = textsOf((handler) => consumer.poll(handler)).join('');
    expect(['ab.', 'abx.', 'abxyz.']).toContain(received);
    expect(recorded()).toBe(received);
    await expectWhole();
  };
  expect(await dieAtEveryStep({ ...life('journaling producer'), prepare, check })).toBeGreaterThan(10);
});

test('a producer leaves what was published, when another segment is recorded before and after it', {
  timeout: TIMEOUT_MS,
}, async () => {
  const prepare = () => {
    createFresh(SEGMENT, OTHER);
    publish(SEGMENT, 'ab', { journal });
    dieBeforePublishing(SEGMENT, directory, journal, bytes('123'));
    publish(OTHER, 'q', { journal });
  };
  const check = async () => {
    publish(OTHER, 'r', { journal });
    publish(SEGMENT, '.', { journal });
    using consumer = attachConsumer(SEGMENT, { directory });
    const received = textsOf((handler) => consumer.poll(handler)).join('');
    expect(['ab.', 'abx.', 'abxyz.']).toContain(received);
    expect([recordedOf(SEGMENT), recordedOf(OTHER)]).toEqual([received, 'qr']);
    consumer.detach();
    await expectWhole();
  };
  expect(await dieAtEveryStep({ ...life('journaling producer'), prepare, check })).toBeGreaterThan(15);
});
