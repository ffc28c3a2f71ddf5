import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, type HermesError, type Producer } from '../../src/index.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf } from '../support/thrown.js';
import { payloadsIn } from './journaled-segment.js';

const SEGMENT = 'ticks';
const FILE_LENGTH = 131_072;
const ATTEMPTS_AFTER = 20;

/** Every way to publish a message: false when there is no room in the lane. */
const ways: Record<string, (producer: Producer, payload: Buffer) => boolean | Promise<boolean>> = {
  offer: (producer, payload) => producer.offer(payload) >= 0,
  offerBatch: (producer, payload) => producer.offerBatch([payload]) === 1,
  commit(producer, payload) {
    const claim = producer.tryClaim(payload.length);
    claim?.view.set(payload);
    return claim !== null && claim.commit() >= 0;
  },
  send: async (producer, payload) => (await producer.send(payload)) >= 0,
};

interface Place {
  readonly directory: string;
  readonly journal: string;
  /** Makes room for one more file. */
  readonly makeRoom: () => void;
}

/** A segment, and a file system with room for one file of its producer's journal. */
function newPlace(): Place {
  const directory = scratchDirectory();
  createSegment(SEGMENT, { directory, capacity: 65_536 });
  const mounted = smallFileSystem(2 * FILE_LENGTH + 40_960);
  const filler = path.join(mounted, 'filler');
  fs.writeFileSync(filler, Buffer.alloc(FILE_LENGTH));
  return { directory, journal: path.join(mounted, 'journal'), makeRoom: () => fs.rmSync(filler) };
}

describe.skipIf(!canMount)('without room for the journal', () => {
  test.each(Object.entries(ways))(
    '%s throws, publishes nothing, and works as soon as there is room',
    async (_, publish) => {
      const { directory, journal, makeRoom } = newPlace();
      using producer = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: FILE_LENGTH } });
      using consumer = attachConsumer(SEGMENT, { directory });
      const sent: string[] = [];
      const received: string[] = [];
      const codes: unknown[] = [];
      const attempt = async () => {
        const text = `message ${sent.length}, attempt ${codes.length} ${'x'.repeat(200)}`;
        const { position } = producer;
        try {
          if (await publish(producer, Buffer.from(text))) sent.push(text);
        } catch (error) {
          codes.push((error as HermesError).code);
          expect(producer.position).toBe(position);
        }
        consumer.poll(({ payload }) => received.push(payload.toString()));
      };
      while (codes.length < 3) await attempt();
      const before = sent.length;
      expect(payloadsIn(journal)).toEqual(sent);
      makeRoom();
      for (let i = 0; i < ATTEMPTS_AFTER; i++) await attempt();
      expect(codes).toEqual(Array(3).fill('ERR_HERMES_NO_SPACE'));
      expect(sent.length).toBe(before + ATTEMPTS_AFTER);
      expect(received).toEqual(sent);
      expect(payloadsIn(journal)).toEqual(sent);
    },
  );

  test('a batch in several parts returns how many were published, and what refused the rest is told at the next call', () => {
    const { directory, journal, makeRoom } = newPlace();
    using producer = attachProducer(SEGMENT, { directory, journal: { directory: journal, fileLength: FILE_LENGTH } });
    using consumer = attachConsumer(SEGMENT, { directory });
    const received: number[] = [];
    const poll = () => consumer.poll(({ payload }) => received.push(payload.readUInt32LE()), 10_000);
    const batch = (from: number) =>
      Array.from({ length: 100 }, (_, i) => {
        const payload = Buffer.alloc(480); // records of 512 bytes
        payload.writeUInt32LE(from + i);
        return payload;
      });
    let next = producer.offerBatch(batch(0).slice(0, 70)); // so that it is the second part of a batch that has no room
    let partial = 0;
    poll();
    for (;;) {
      const { position } = producer;
      let count = 0;
      try {
        count = producer.offerBatch(batch(next));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_HERMES_NO_SPACE' });
        expect(producer.position).toBe(position);
        break;
      }
      next += count;
      if (count < 100) partial++;
      poll();
      expect(received.length).toBe(next);
    }
    expect(partial).toBe(1);
    expect(payloadsIn(journal).length).toBe(next);
    makeRoom();
    next += producer.offerBatch(batch(next));
    poll();
    expect(received).toEqual(Array.from({ length: next }, (_, i) => i));
    expect(payloadsIn(journal).length).toBe(next);
  });

  test('a codec that writes in place: likewise; a claim that could not be committed is closed', () => {
    const { directory, journal, makeRoom } = newPlace();
    using producer = attachProducer<string>(SEGMENT, {
      directory,
      codec: 'json',
      journal: { directory: journal, fileLength: FILE_LENGTH },
    });
    using consumer = attachConsumer(SEGMENT, { directory });
    let count = 0;
    const fill = () => {
      for (;;) {
        if (producer.offer(`message ${count} ${'x'.repeat(200)}`) >= 0) count++;
        consumer.poll(() => {});
      }
    };
    expect(codeOf(fill)).toBe('ERR_HERMES_NO_SPACE');
    const claim = producer.tryClaim(300)!;
    expect(codeOf(() => claim.commit())).toBe('ERR_HERMES_NO_SPACE');
    expect(codeOf(() => claim.abort())).toBe('ERR_HERMES_INVALID_STATE');
    makeRoom();
    expect(producer.offer('the last')).toBeGreaterThan(0);
    expect(payloadsIn(journal).length).toBe(count + 1);
  });
});
