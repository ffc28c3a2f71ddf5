import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  createSegment,
  type HermesError,
  inspectSegment,
  openJournal,
  type Producer,
  type Recorder,
  type SyncMode,
  verifyJournal,
} from '../../src/index.js';
import { canMountDisk, type DiskFileSystem, diskFileSystem, fillUp, overlayOn } from '../support/other-file-systems.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount } from '../support/small-file-system.js';
import { codeOf } from '../support/thrown.js';
import { until } from '../support/until.js';
import { filesOf } from './journal-fixture.js';
import { payloadsIn } from './journaled-segment.js';

const SEGMENT = 'ticks';
const FILE_LENGTH = 1024 * 1024;

interface Place {
  readonly directory: string;
  readonly mounted: string;
  readonly to: string;
}

function newPlace(mounted: string): Place {
  const directory = scratchDirectory();
  createSegment(SEGMENT, { directory, producers: 1, maxGroups: 2, capacity: 262_144 });
  return { directory, mounted, to: path.join(mounted, 'journal') };
}

function record({ directory, to }: Place, sync: SyncMode = 'os'): Recorder {
  const recorder = attachRecorder(SEGMENT, { directory, to, group: 'default', fileLength: FILE_LENGTH, sync });
  onTestFinished(() => recorder.detach());
  return recorder;
}

const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `message ${from + i}`);
const lag = ({ directory }: Place) => inspectSegment(SEGMENT, { directory }).groups[0]!.lagCount;

/** From now on a write to the journal needs space that there is not. What makes room again. */
function withoutSpace(kind: DiskFileSystem, { mounted, to }: Place): () => void {
  spawnSync('sync', ['--file-system', mounted]); // what has not been written back would still be written in place
  const copy = path.join(mounted, 'copy');
  if (kind === 'xfs') for (const file of filesOf(to)) spawnSync('cp', ['--reflink=always', file, copy]);
  return fillUp(mounted);
}

describe.each(['btrfs', 'xfs'] as const)('on a full disk with %s', (kind) => {
  const isThere = canMountDisk(kind);

  test.runIf(isThere).each(['os', 'every'] as const)(
    'a recorder acknowledges nothing and says so, also one that begins there, and goes on when there is room; sync %s',
    async (sync) => {
      const place = newPlace(diskFileSystem(kind));
      const recorder = record(place, sync);
      using producer = attachProducer(SEGMENT, { directory: place.directory });
      producer.offerBatch(texts(0, 5).map((text) => Buffer.from(text)));
      expect(recorder.record()).toBe(5);
      const makeRoom = withoutSpace(kind, place);
      producer.offerBatch(texts(5, 12).map((text) => Buffer.from(text)));
      for (let i = 0; i < 3; i++) expect(codeOf(() => recorder.record())).toBe('ERR_HERMES_NO_SPACE');
      expect([lag(place), payloadsIn(place.to)]).toEqual([7, texts(0, 5)]);
      recorder.detach();
      const next = record(place, sync);
      for (let i = 0; i < 3; i++) expect(codeOf(() => next.record())).toBe('ERR_HERMES_NO_SPACE');
      expect([lag(place), payloadsIn(place.to)]).toEqual([7, texts(0, 5)]);
      makeRoom();
      expect(next.record()).toBe(7);
      producer.offer(Buffer.from('message 12'));
      expect(next.record()).toBe(1);
      expect([lag(place), payloadsIn(place.to)]).toEqual([0, texts(0, 13)]);
      expect(await verifyJournal(place.to)).toMatchObject({ messages: 13, damages: [], gaps: [] });
    },
  );

  test.runIf(isThere)('a run tells of it once, waits, and tells that it goes on', async () => {
    const place = newPlace(diskFileSystem(kind));
    const recorder = record(place);
    using producer = attachProducer(SEGMENT, { directory: place.directory });
    producer.offer(Buffer.from('message 0'));
    recorder.record();
    const makeRoom = withoutSpace(kind, place);
    const told: (string | null)[] = [];
    const ended = new AbortController();
    const run = recorder.run({ signal: ended.signal, onBlocked: (error) => told.push(error?.code ?? null) });
    for (const text of texts(1, 4)) producer.offer(Buffer.from(text));
    await until(() => told.length === 1);
    makeRoom();
    await until(() => lag(place) === 0);
    ended.abort();
    await run;
    expect(told).toEqual(['ERR_HERMES_NO_SPACE', null]);
    expect(payloadsIn(place.to)).toEqual(texts(0, 4));
  });

  /** Every way to publish a message. */
  const ways: Record<string, (producer: Producer, payload: Buffer) => unknown> = {
    offer: (producer, payload) => producer.offer(payload),
    offerBatch: (producer, payload) => producer.offerBatch([payload]),
    commit(producer, payload) {
      const claim = producer.tryClaim(payload.length)!;
      claim.view.set(payload);
      return claim.commit();
    },
    send: (producer, payload) => producer.send(payload),
  };

  test.runIf(isThere)(
    'a producer with a journal publishes nothing, whichever way, and goes on when there is room',
    async () => {
      const place = newPlace(diskFileSystem(kind));
      using producer = attachProducer(SEGMENT, {
        directory: place.directory,
        journal: { directory: place.to, fileLength: FILE_LENGTH },
      });
      using consumer = attachConsumer(SEGMENT, { directory: place.directory });
      const received: string[] = [];
      const publish = async (way: string, text: string) => {
        try {
          await ways[way]!(producer, Buffer.from(text));
        } catch (error) {
          return (error as HermesError).code;
        } finally {
          consumer.poll(({ payload }) => received.push(payload.toString()));
        }
        return 'published';
      };
      expect(await publish('offer', 'message 0')).toBe('published');
      const makeRoom = withoutSpace(kind, place);
      for (const way of Object.keys(ways)) expect(await publish(way, `lost by ${way}`)).toBe('ERR_HERMES_NO_SPACE');
      expect([received, payloadsIn(place.to)]).toEqual([texts(0, 1), texts(0, 1)]);
      makeRoom();
      for (const [i, way] of Object.keys(ways).entries())
        expect(await publish(way, `message ${i + 1}`)).toBe('published');
      expect([received, payloadsIn(place.to)]).toEqual([texts(0, 5), texts(0, 5)]);
      expect(await verifyJournal(place.to)).toMatchObject({ messages: 5, damages: [], gaps: [] });
    },
  );
});

describe.skipIf(!canMount)('on an overlay, below which may be anything', () => {
  test('what is recorded is followed, over the ends of files, and read again', async () => {
    const place = newPlace(overlayOn(scratchDirectory()));
    const recorder = record(place);
    using producer = attachProducer(SEGMENT, { directory: place.directory });
    const payload = Buffer.alloc(3000, 7);
    producer.offer(payload);
    recorder.record();
    using follower = openJournal(place.to);
    let followed = 0;
    const count = ({ sequence }: { sequence: number }) => {
      expect(sequence).toBe(followed++);
    };
    for (let sent = 1; sent < 1500; ) {
      for (let i = 0; i < 20; i++) if (producer.offer(payload) >= 0) sent++;
      recorder.record();
      while (follower.read(count) > 0);
      expect(followed).toBe(sent);
    }
    expect(filesOf(place.to).length).toBeGreaterThan(3);
    expect(await verifyJournal(place.to)).toMatchObject({ messages: followed, damages: [], gaps: [] });
  });

  test('the memory of what is written does not grow with the file', async () => {
    const place = newPlace(overlayOn(scratchDirectory()));
    const recorder = attachRecorder(SEGMENT, {
      directory: place.directory,
      to: place.to,
      group: 'default',
      fileLength: 128 * FILE_LENGTH,
    });
    onTestFinished(() => recorder.detach());
    using producer = attachProducer(SEGMENT, { directory: place.directory });
    const payload = Buffer.alloc(16_000, 7);
    const exchange = (megabytes: number) => {
      for (let i = 0; i < megabytes * 64; i++) {
        producer.offer(payload);
        recorder.record();
      }
    };
    const ownKilobytes = () => Number(/^RssAnon:\s+(\d+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1]);
    exchange(10);
    const before = ownKilobytes();
    exchange(80);
    expect(ownKilobytes() - before).toBeLessThan(40_000);
  });
});
