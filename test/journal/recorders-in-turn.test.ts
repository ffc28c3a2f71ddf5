import path from 'node:path';
import { expect, test } from 'vitest';
import {
  attachProducer,
  attachRecorder,
  createSegment,
  inspectSegment,
  type Producer,
  type RecorderOptions,
  removeGroup,
  verifyJournal,
} from '../../src/index.js';
import { scratchDirectory } from '../support/scratch.js';
import { runHere } from '../tools/run-here.js';
import { dieBeforePublishing } from './unpublished.js';

const GROUP = 'audit';
const NAMES = ['a', 'b'] as const;

interface Place {
  readonly directory: string;
  readonly to: string;
}

function twoSegments(): Place {
  const directory = scratchDirectory();
  for (const name of NAMES) {
    createSegment(name, { directory, producers: 2, capacity: 65_536 });
    removeGroup(name, 'default', { directory });
  }
  return { directory, to: path.join(directory, '.journal') };
}

/** Records what is there. How many messages were missed. */
function record({ directory, to }: Place, name: string, options: Partial<RecorderOptions> = {}): number {
  using recorder = attachRecorder(name, { directory, to, group: GROUP, fileLength: 131_072, ...options });
  while (recorder.record() > 0);
  return recorder.missedCount;
}

const send = (producer: Producer, texts: string) => {
  for (const text of texts) producer.offer(Buffer.from(text));
};

test.each([false, true])(
  'a gap of a segment is counted and shows, another one was recorded in between: %s',
  async (between) => {
    const place = twoSegments();
    const { directory } = place;
    using a = attachProducer('a', { directory });
    using b = attachProducer('b', { directory });
    for (const name of NAMES) record(place, name);
    send(a, '01');
    send(b, '0');
    for (const name of NAMES) expect(record(place, name)).toBe(0);
    removeGroup('a', GROUP, { directory });
    send(a, '234');
    attachRecorder('a', { directory, to: place.to, group: GROUP, from: 'latest', fileLength: 131_072 }).detach();
    if (between) {
      send(b, '12');
      expect(record(place, 'b')).toBe(0);
    }
    send(a, '5');
    expect(record(place, 'a')).toBe(3);
    const { segmentId } = inspectSegment('a', { directory });
    const { gaps, messages } = await verifyJournal(place.to);
    expect(gaps).toEqual([{ segmentId, lane: 0, fromSequence: 2, toSequence: 5 }]);
    expect(messages).toBe(between ? 6 : 4);
    const { code, stdout, stderr } = await runHere(['journal', 'verify', place.to]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`Missing: segment ${segmentId.slice(0, 8)}, lane 0, sequences 2 to 4.`),
    ]);
    expect(stdout.toString()).toMatch(/^ *SEGMENT +LANE +MESSAGES +FIRST +LAST\n/);
  },
);

test('producers of two segments in turn, with one journal in their path: what is in it is what was published', async () => {
  const { directory, to: journal } = twoSegments();
  const published: Record<string, string> = { a: '', b: '' };
  const publish = (name: 'a' | 'b', texts: string) => {
    using producer = attachProducer(name, { directory, journal });
    send(producer, texts);
    published[name] += texts;
  };
  const die = (name: string, texts: string) => {
    const payloads = [...texts].map((text) => Buffer.from(text));
    dieBeforePublishing(name, directory, journal, payloads);
  };
  publish('a', '012');
  publish('b', 'x');
  die('a', '!!');
  publish('b', 'yz');
  die('b', '??');
  publish('a', '34');
  die('a', '!');
  die('b', '?');
  publish('b', 'w');
  publish('a', '5');
  const { lanes, messages, damages, gaps } = await verifyJournal(journal);
  expect({ messages, damages, gaps }).toEqual({ messages: 10, damages: [], gaps: [] });
  expect(lanes.map((lane) => [lane.segmentId, lane.messages])).toEqual(
    NAMES.map((name) => [inspectSegment(name, { directory }).segmentId, published[name]!.length]),
  );
});
