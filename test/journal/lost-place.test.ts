import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  createSegment,
  type HermesErrorCode,
  inspectJournal,
  inspectSegment,
  type ProducerOptions,
  type Recorder,
  type RecorderOptions,
  verifyJournal,
} from '../../src/index.js';
import { rejectionOf } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';
import { filesOf, lastFile } from './journal-fixture.js';
import { payloadsIn } from './journaled-segment.js';

const SEGMENT = 'ticks';
const FILE_LENGTH = 131_072;
const MIB = 1024 * 1024;
const RECORD_LENGTH = 64;

/** A segment, and where its journal is: below a directory that can be moved, and behind a link. */
interface Place {
  readonly directory: string;
  readonly to: string;
  readonly parent: string;
  readonly link: string;
}

function newPlace(options: object = {}): Place {
  const directory = scratchDirectory();
  createSegment(SEGMENT, { directory, producers: 2, capacity: 65_536, ...options });
  const parent = path.join(scratchDirectory(), 'parent');
  fs.mkdirSync(parent);
  return { directory, to: path.join(parent, 'journal'), parent, link: path.join(parent, '..', 'link') };
}

function replaceByCopy(file: string): void {
  fs.copyFileSync(file, `${file}.copy`);
  fs.renameSync(`${file}.copy`, file);
}

interface Loss {
  readonly what: string;
  lose(place: Place): void;
  /** Default: that nothing is there any more. */
  readonly code?: HermesErrorCode;
  /** The messages that the next recorder finds recorded: 3, or none. */
  readonly kept?: number;
  /** Nothing can be begun there. */
  readonly isRefused?: boolean;
  readonly skip?: boolean;
  /** The journal is reached by a link. */
  readonly byLink?: boolean;
}

const losses: readonly Loss[] = [
  { what: 'its directory is removed', lose: ({ to }) => fs.rmSync(to, { recursive: true }) },
  {
    what: 'its directory is removed and made anew',
    lose({ to }) {
      fs.rmSync(to, { recursive: true });
      fs.mkdirSync(to);
    },
  },
  {
    what: 'another journal is begun in its place',
    lose({ to, directory }) {
      fs.rmSync(to, { recursive: true });
      createSegment('other', { directory });
      attachRecorder('other', { directory, to, fileLength: FILE_LENGTH * 8 }).detach();
    },
  },
  {
    what: 'a file takes the place of its directory',
    lose({ to }) {
      fs.renameSync(to, `${to}-moved`);
      fs.writeFileSync(to, '');
    },
    isRefused: true,
  },
  { what: 'its directory is moved', lose: ({ to }) => fs.renameSync(to, `${to}-moved`) },
  {
    what: 'its directory is moved, and a copy takes its place',
    lose({ to }) {
      fs.renameSync(to, `${to}-moved`);
      fs.cpSync(`${to}-moved`, to, { recursive: true });
    },
    kept: 3,
  },
  {
    what: 'a directory above it is moved',
    lose({ parent }) {
      fs.renameSync(parent, `${parent}-moved`);
      fs.mkdirSync(parent);
    },
  },
  {
    what: 'the link to it is turned elsewhere',
    byLink: true,
    lose({ parent, link }) {
      fs.mkdirSync(`${parent}/elsewhere`);
      fs.rmSync(link);
      fs.symlinkSync(`${parent}/elsewhere`, link);
    },
  },
  {
    what: 'its directory is mounted over',
    skip: !canMount,
    lose({ to }) {
      const other = smallFileSystem(4 * MIB);
      expect(spawnSync('mount', ['--bind', other, to]).status).toBe(0);
      onTestFinished(() => {
        spawnSync('umount', ['--lazy', to]);
      });
    },
  },
  { what: 'its file is removed', lose: ({ to }) => fs.rmSync(lastFile(to)) },
  { what: 'its file is moved', lose: ({ to }) => fs.renameSync(lastFile(to), `${lastFile(to)}.old`) },
  { what: 'its file is replaced by a copy', lose: ({ to }) => replaceByCopy(lastFile(to)), kept: 3 },
  {
    what: 'its file is cut',
    lose: ({ to }) => fs.truncateSync(lastFile(to), FILE_LENGTH - 4096),
    code: 'ERR_HERMES_CORRUPT_JOURNAL',
    kept: 3,
  },
];

describe.each(losses)('when $what', (loss) => {
  const { lose, code = 'ERR_HERMES_JOURNAL_NOT_FOUND', kept = 0, isRefused, skip, byLink } = loss;

  function prepare(options: Partial<RecorderOptions> = {}): { place: Place; to: string; attach(): Recorder } {
    const place = newPlace();
    if (byLink) {
      fs.mkdirSync(place.to);
      fs.symlinkSync(place.to, place.link);
    }
    const to = byLink ? place.link : place.to;
    const attach = () => {
      const { directory } = place;
      const recorder = attachRecorder(SEGMENT, {
        directory,
        to,
        group: 'default',
        fileLength: FILE_LENGTH,
        ...options,
      });
      onTestFinished(() => recorder.detach());
      return recorder;
    };
    return { place, to, attach };
  }

  const lag = (place: Place) => inspectSegment(SEGMENT, { directory: place.directory }).groups[0]!.lagLength;

  test.skipIf(skip)('a recorder acknowledges nothing more, and the next one loses nothing', async () => {
    const { place, to, attach } = prepare();
    const recorder = attach();
    using producer = attachProducer(SEGMENT, { directory: place.directory });
    for (const text of ['0', '1', '2']) producer.offer(Buffer.from(text));
    expect(recorder.record()).toBe(3);
    lose(place);
    for (const text of ['3', '4', '5']) producer.offer(Buffer.from(text));
    const error = thrownBy(() => recorder.record());
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(to)]);
    expect(codeOf(() => recorder.record())).toBe(code);
    expect(lag(place)).toBe(3 * RECORD_LENGTH);
    recorder.detach();
    if (isRefused) return;
    const next = attach();
    expect(next.record()).toBe(3);
    expect(lag(place)).toBe(0);
    expect(payloadsIn(to)).toEqual(['0', '1', '2', '3', '4', '5'].slice(3 - kept));
    expect(await verifyJournal(to)).toMatchObject({ damages: [], gaps: [] });
  });

  test.skipIf(skip)('one that is idle ends', async () => {
    for (const sync of losses.indexOf(loss) === 0 ? (['os', 'interval', 'every'] as const) : (['os'] as const)) {
      const { place, attach } = prepare({ sync, syncIntervalMs: 20 });
      const recorder = attach();
      using producer = attachProducer(SEGMENT, { directory: place.directory });
      producer.offer(Buffer.from('0'));
      const ran = rejectionOf(recorder.run());
      await until(() => lag(place) === 0);
      lose(place);
      expect(await ran, sync).toMatchObject({ code });
      recorder.detach(); // and says no more of it
    }
  });

  test.skipIf(skip)('a producer with a journal publishes nothing more', async () => {
    const { place, to } = prepare();
    const { directory } = place;
    const producer = attachProducer(SEGMENT, { directory, journal: { directory: to, fileLength: FILE_LENGTH } });
    using consumer = attachConsumer(SEGMENT, { directory });
    producer.offer(Buffer.from('0'));
    lose(place);
    await setTimeout(300); // it looks every 250 ms
    expect(codeOf(() => producer.offer(Buffer.from('1')))).toBe(code);
    expect(codeOf(() => producer.offerBatch([Buffer.from('1'), Buffer.from('2')]))).toBe(code);
    const claim = producer.tryClaim(1)!;
    expect(codeOf(() => claim.commit())).toBe(code);
    expect((await rejectionOf(producer.send(Buffer.from('1')))) as object).toMatchObject({ code });
    expect([producer.position, consumer.poll(() => {})]).toEqual([RECORD_LENGTH, 1]);
    producer.detach(); // who was told is not told again
    if (isRefused) return;
    using next = attachProducer(SEGMENT, { directory, journal: { directory: to, fileLength: FILE_LENGTH } });
    next.offer(Buffer.from('3'));
    expect(consumer.poll(() => {})).toBe(1);
  });
});

describe('a producer with a journal whose directory is removed, without a turn of the event loop,', () => {
  function publishing(journal: Partial<ProducerOptions['journal'] & object>) {
    const place = newPlace({ capacity: MIB });
    const { directory, to } = place;
    const producer = attachProducer(SEGMENT, { directory, journal: { ...journal, directory: to } });
    const consumer = attachConsumer(SEGMENT, { directory });
    onTestFinished(() => consumer.detach());
    producer.offer(Buffer.alloc(1000));
    fs.rmSync(to, { recursive: true });
    const publish = (): never => {
      for (;;) if (producer.offer(Buffer.alloc(1000)) < 0) consumer.poll(() => {});
    };
    return { producer, publish };
  }

  test('notices within a MiB', () => {
    const { producer, publish } = publishing({ fileLength: 16 * MIB });
    expect(codeOf(publish)).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    expect(producer.position).toBeLessThan(1.5 * MIB);
    producer.detach();
  });

  test('notices when the next file is due', () => {
    const { producer, publish } = publishing({ fileLength: MIB + 65_536 });
    expect(codeOf(publish)).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    expect(producer.position).toBeLessThan(1.1 * MIB);
    producer.detach();
  });

  test('or else when it detaches', () => {
    const { producer } = publishing({});
    producer.offer(Buffer.from('1'));
    expect(codeOf(() => producer.detach())).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    producer.detach();
  });
});

test('a journal that is put back where it was is gone on with', () => {
  const place = newPlace();
  const { directory, to } = place;
  using producer = attachProducer(SEGMENT, { directory });
  const recorder = attachRecorder(SEGMENT, { directory, to, group: 'default', fileLength: FILE_LENGTH });
  producer.offer(Buffer.from('0'));
  fs.renameSync(to, `${to}-moved`);
  expect(codeOf(() => recorder.record())).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
  fs.renameSync(`${to}-moved`, to);
  producer.offer(Buffer.from('1'));
  expect(recorder.record()).toBe(1); // the first one was read before, and is in the journal
  recorder.detach();
  expect(inspectJournal(to).lanes).toEqual([{ lane: 0, nextSequence: 2 }]);
  expect(inspectSegment(SEGMENT, { directory }).groups[0]!.lagLength).toBe(0);
});

describe('a relative path', () => {
  test('means what it meant when it was given, wherever the process goes', async () => {
    const { directory, parent } = newPlace();
    const elsewhere = path.join(parent, 'elsewhere');
    fs.mkdirSync(path.join(elsewhere, 'journal'), { recursive: true });
    const home = process.cwd();
    onTestFinished(() => process.chdir(home));
    process.chdir(parent);
    const recorder = attachRecorder(SEGMENT, {
      directory,
      to: 'journal',
      group: 'default',
      fileLength: 65_536,
      sync: 'every',
    });
    const inline = attachProducer(SEGMENT, { directory, journal: { directory: 'inline', fileLength: FILE_LENGTH } });
    process.chdir(elsewhere);
    const count = 200;
    for (let i = 0; i < count; i++) {
      inline.offer(Buffer.alloc(1000));
      recorder.record();
    }
    inline.detach();
    recorder.detach();
    expect(filesOf(path.join(parent, 'journal')).length).toBeGreaterThan(2);
    expect(fs.readdirSync(path.join(elsewhere, 'journal'))).toEqual([]);
    for (const name of ['journal', 'inline']) {
      expect(await verifyJournal(path.join(parent, name)), name).toMatchObject({
        messages: count,
        damages: [],
        gaps: [],
      });
    }
    process.chdir(parent);
    expect(inspectJournal('journal').directory).toBe(path.join(parent, 'journal'));
  });

  test.each([
    ['', /is empty/],
    [5, /is 5/],
    [undefined, /is undefined/],
    ['a\0b', /a path/],
  ])('that is none is refused: %j', (to, words) => {
    const { directory } = newPlace();
    const error = thrownBy(() => attachRecorder(SEGMENT, { directory, to: to as string }));
    expect([error.code, error.message]).toEqual(['ERR_HERMES_INVALID_OPTION', expect.stringMatching(words)]);
  });
});
