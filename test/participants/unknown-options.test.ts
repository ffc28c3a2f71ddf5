import fs from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as hermes from '../../src/index.js';
import { attachedPair } from '../support/attached-pair.js';
import { scratchDirectory } from '../support/scratch.js';

/** A segment with a participant of each side, a journal of it, and one of each other object that has methods. */
function place() {
  const { directory, producer, consumer } = attachedPair({ producers: 4, maxGroups: 8 });
  const journal = path.join(directory, 'journal');
  const recorder = hermes.attachRecorder('ticks', { to: journal, directory, fileLength: 65_536 });
  producer.offer(Buffer.from('a'));
  recorder.record();
  const reader = hermes.openJournal(journal);
  const coordinator = new hermes.Coordinator({ directory });
  onTestFinished(() => {
    recorder.detach();
    reader.close();
    coordinator.stop();
  });
  return { directory, producer, consumer, journal, recorder, reader, coordinator, at: { directory } };
}

type Place = ReturnType<typeof place>;
type Call = (unknown: object, place: Place) => unknown;

const ignore = () => {};

/** Whatever takes options, by the name under which it is found. Several calls where objects are in the options. */
const TAKES_OPTIONS: Readonly<Record<string, readonly Call[]>> = {
  addGroup: [(unknown, { at }) => hermes.addGroup('ticks', 'new', { ...at, ...unknown })],
  attachConsumerAsync: [
    (unknown, { at }) => hermes.attachConsumerAsync('ticks', { ...at, group: 'new', waitMs: 0, ...unknown }),
  ],
  attachProducerAsync: [(unknown, { at }) => hermes.attachProducerAsync('ticks', { ...at, waitMs: 0, ...unknown })],
  ensureSegment: [
    (unknown, { at }) => hermes.ensureSegment('other', { ...at, ...unknown }),
    (unknown, { at }) => hermes.ensureSegment('other', { ...at, groups: { workers: { ...unknown } } }),
  ],
  attachConsumer: [
    (unknown, { at }) => hermes.attachConsumer('ticks', { ...at, group: 'new', ...unknown }),
    (unknown, { at }) =>
      hermes.attachConsumer('ticks', { ...at, group: 'new', idle: { spinForUs: 0, sliceUs: 1, ...unknown } }),
  ],
  attachProducer: [
    (unknown, { at }) => hermes.attachProducer('ticks', { ...at, ...unknown }),
    (unknown, { at }) => hermes.attachProducer('ticks', { ...at, idle: { spinForUs: 0, sliceUs: 1, ...unknown } }),
    (unknown, { at, journal }) =>
      hermes.attachProducer('ticks', { ...at, journal: { directory: `${journal}-2`, ...unknown } }),
  ],
  attachRecorder: [
    (unknown, { at, journal }) => hermes.attachRecorder('ticks', { ...at, to: journal, group: 'new', ...unknown }),
  ],
  Coordinator: [
    (unknown, { at }) => new hermes.Coordinator({ ...at, ...unknown }),
    (unknown) => {
      using _ = new hermes.Coordinator({ directory: scratchDirectory(), segments: { other: { ...unknown } } });
    },
  ],
  createSegment: [(unknown, { at }) => hermes.createSegment('other', { ...at, ...unknown })],
  inspectSegment: [(unknown, { at }) => hermes.inspectSegment('ticks', { ...at, ...unknown })],
  listSegments: [(unknown, { at }) => hermes.listSegments({ ...at, ...unknown })],
  openJournal: [
    (unknown, { journal }) => hermes.openJournal(journal, { ...unknown }),
    (unknown, { journal }) => hermes.openJournal(journal, { from: { position: 0, ...unknown } }),
  ],
  pruneJournal: [(unknown, { journal }) => hermes.pruneJournal(journal, { keepBytes: 1, ...unknown })],
  removeGroup: [(unknown, { at }) => hermes.removeGroup('ticks', 'default', { ...at, ...unknown })],
  removeSegment: [(unknown, { at }) => hermes.removeSegment('ticks', { ...at, force: true, ...unknown })],
  Replay: [(unknown, { reader }) => new hermes.Replay(reader, { ...unknown })],
  replayInto: [(unknown, { at, journal }) => hermes.replayInto(journal, 'ticks', { ...at, ...unknown })],
  'Producer.flush': [(unknown, { producer }) => producer.flush({ signal: AbortSignal.abort(), ...unknown })],
  'Producer.send': [(unknown, { producer }) => producer.send(Buffer.from('b'), { ...unknown })],
  'Producer.writable': [(unknown, { producer }) => producer.writable({ ...unknown })],
  'Consumer.batches': [(unknown, { consumer }) => consumer.batches(1, { ...unknown })],
  'Consumer.messages': [(unknown, { consumer }) => consumer.messages({ ...unknown })],
  'Consumer.readable': [(unknown, { consumer }) => consumer.readable({ ...unknown })],
  'Consumer.wait': [(unknown, { consumer }) => consumer.wait({ timeout: 0, ...unknown })],
  'Consumer.waitAsync': [(unknown, { consumer }) => consumer.waitAsync({ timeout: 0, ...unknown })],
  'Coordinator.declare': [(unknown, { coordinator }) => coordinator.declare({ other: { ...unknown } })],
  'JournalReader.messages': [(unknown, { reader }) => reader.messages({ ...unknown })],
  'JournalReader.seek': [(unknown, { reader }) => reader.seek({ position: 0, ...unknown })],
  'Recorder.run': [(unknown, { recorder }) => recorder.run({ signal: AbortSignal.abort(), ...unknown })],
};

/** Whatever takes none. What is added belongs here or there: the last test sees to it. */
const TAKES_NONE: readonly string[] = [
  ...['HermesError', 'inspectJournal', 'verifyJournal', 'HermesError.toJSON'],
  ...['abort', 'commit'].map((name) => `Claim.${name}`),
  ...['copy', 'toJSON'].map((name) => `Message.${name}`),
  'RecordedMessage.toJSON',
  ...['detach', 'heldBackBy', 'offer', 'offerBatch', 'ref', 'toJSON', 'tryClaim', 'unref'].map(
    (name) => `Producer.${name}`,
  ),
  ...['acknowledge', 'detach', 'isDrained', 'poll', 'read', 'ref', 'timeNs', 'toJSON', 'unref'].map(
    (name) => `Consumer.${name}`,
  ),
  ...['stop', 'toJSON'].map((name) => `Coordinator.${name}`),
  ...['close', 'nextSequence', 'read', 'refuse', 'toJSON'].map((name) => `JournalReader.${name}`),
  ...['detach', 'record', 'toJSON'].map((name) => `Recorder.${name}`),
  ...['read', 'refuse'].map((name) => `Replay.${name}`),
];

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    const { code, message } = error as hermes.HermesError;
    return `${code}: ${message}`;
  }
  return 'nothing was thrown';
}

test.each(Object.entries(TAKES_OPTIONS))(
  '%s refuses an option that there is none of, and takes one that is undefined',
  async (_, calls) => {
    for (const call of calls) {
      const here = place();
      expect(await messageOf(() => call({ nonsuch: 1 }, here))).toMatch(
        /^ERR_HERMES_INVALID_OPTION: .* has no option nonsuch: /,
      );
      expect(await messageOf(() => call({ nonsuch: undefined, [Symbol('own')]: 1 }, here))).not.toContain(
        'has no option',
      );
    }
  },
);

test('the error names what was probably meant, and else all that there is', async () => {
  const { at, consumer } = place();
  const create = (options: object) => messageOf(() => hermes.createSegment('other', { ...at, ...options }));
  expect(await create({ capcity: 65_536 })).toBe(
    'ERR_HERMES_INVALID_OPTION: A segment has no option capcity: did you mean capacity?',
  );
  expect(await create({ maxpayload: 1 })).toContain('did you mean maxPayload?');
  expect(await create({ sahred: true })).toContain('did you mean shared?');
  expect(await messageOf(() => hermes.attachConsumer('ticks', { ...at, groop: 'x' } as object))).toBe(
    'ERR_HERMES_INVALID_OPTION: A consumer has no option groop: did you mean group?',
  );
  expect(await messageOf(() => consumer.batches(1, { colour: 'red' } as object))).toBe(
    'ERR_HERMES_INVALID_OPTION: batches has no option colour: there are signal, drain',
  );
});

test('what an object inherits is not looked at, and what is no object is refused', async () => {
  const { at, consumer } = place();
  class Settings {
    readonly directory: string = at.directory;
    get nonsuch(): number {
      return 1;
    }
  }
  expect(hermes.inspectSegment('ticks', new Settings()).name).toBe('ticks');
  for (const options of [null, 'text', 1, [], ignore]) {
    expect(await messageOf(() => hermes.createSegment('other', options as never))).toMatch(/: give an object$/);
    expect(await messageOf(() => consumer.waitAsync(options as never))).toMatch(/: give an object$/);
  }
});

test('a codec is no set of options: it may have fields of its own', () => {
  const { at } = place();
  const codec = { version: 3, encode: (value: number) => `${value}`, decode: (payload: Buffer) => Number(payload) };
  using producer = hermes.attachProducer('ticks', { ...at, codec });
  expect(producer.hasCodec).toBe(true);
});

/** The methods of the classes that are exported, as the page of the API has them: without those that TypeScript keeps to the class. */
function publicMethods(): string[] {
  const page = fs.readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const classes = page.slice(page.indexOf('\n## Classes\n'), page.indexOf('\n## Constants\n')).split('\n### ').slice(1);
  return classes.flatMap((text) => {
    const name = text.slice(0, text.indexOf('\n'));
    const methods = [...text.matchAll(/^- `(\w+)[(<]/gm)].map(([, method]) => method!);
    return [...new Set(methods)].filter((method) => method !== 'constructor').map((method) => `${name}.${method}`);
  });
}

test('nothing that is exported, and no method of it, is forgotten here', () => {
  const functions = Object.entries(hermes).filter(([, value]) => typeof value === 'function');
  const methods = publicMethods();
  expect(methods).toContain('Producer.send');
  const known = [...Object.keys(TAKES_OPTIONS), ...TAKES_NONE];
  expect([...functions.map(([name]) => name), ...methods].sort()).toEqual(known.sort());
});
