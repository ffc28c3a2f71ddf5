import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  BACK_PRESSURED,
  type Claim,
  type CreateOptions,
  createSegment,
} from '../../src/index.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const MAX_PAYLOAD = 1000;

function pair(options: CreateOptions = {}) {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxPayload: MAX_PAYLOAD, ...options, directory });
  const producer = attachProducer('ticks', { directory });
  return { directory, producer, consumer: attachConsumer('ticks', { directory }) };
}

test('a position is returned for each message: bytes, with the header, in steps of 32', () => {
  const { producer } = pair();
  expect(producer.position).toBe(0);
  expect([0, 1, 32, 33].map((length) => producer.offer(Buffer.alloc(length)))).toEqual([32, 96, 160, 256]);
  expect(producer.position).toBe(256);
  expect(producer.maxPayload).toBe(MAX_PAYLOAD);
});

describe('a payload', () => {
  test.each([
    ['a Buffer', Buffer.from([1, 2, 3])],
    ['a Uint8Array', Uint8Array.of(1, 2, 3)],
    ['a part of a larger array', new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4)],
    ['in shared memory', new Uint8Array(new SharedArrayBuffer(3)).fill(0).map((_, i) => i + 1)],
  ])('may be %s', (_, payload) => {
    const { producer, consumer } = pair();
    producer.offer(payload);
    expect(producer.offerBatch([payload, payload])).toBe(2);
    expect(consumer.poll((message) => expect([...message.payload]).toEqual([1, 2, 3]))).toBe(3);
  });

  test.each<[string, unknown]>([
    ['a string', 'text'],
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['an ArrayBuffer', new ArrayBuffer(4)],
    ['a Uint16Array', new Uint16Array(4)],
    ['a DataView', new DataView(new ArrayBuffer(4))],
    ['an array', [1, 2, 3]],
    ['something with a length', { length: 4 }],
  ])('that is %s is refused, alone and in a batch, of which nothing is sent', (_, payload) => {
    const { producer, consumer } = pair();
    for (const offer of [
      () => producer.offerBatch([Buffer.alloc(1), payload as Buffer]),
      () => producer.offer(payload as Buffer),
    ]) {
      const error = thrownBy(offer);
      expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
      expect(error.message).toContain('give a Uint8Array or a Buffer');
    }
    expect([producer.position, consumer.poll(() => {})]).toEqual([0, 0]);
    expect(producer.offer(Buffer.alloc(1))).toBe(64);
  });

  test('of the largest length goes through, and one byte more does not', () => {
    const { producer, consumer } = pair();
    expect(producer.offer(Buffer.alloc(MAX_PAYLOAD, 7))).toBeGreaterThan(0);
    for (const length of [MAX_PAYLOAD + 1, 65_536, 10_000_000]) {
      for (const offer of [
        () => producer.offer(Buffer.alloc(length)),
        () => producer.offerBatch([Buffer.alloc(1), Buffer.alloc(length)]),
        () => producer.tryClaim(length),
      ]) {
        const error = thrownBy(offer);
        expect(error.code).toBe('ERR_HERMES_PAYLOAD_TOO_LARGE');
        expect(error.message).toContain(`${length} bytes, the segment carries ${MAX_PAYLOAD}`);
      }
    }
    expect(consumer.poll((message) => expect(message.length).toBe(MAX_PAYLOAD))).toBe(1);
  });

  test('of a quarter of the lane goes through again and again', () => {
    const { producer, consumer } = pair({ maxPayload: 16_384 });
    for (let round = 0; round < 20; round++) {
      expect(producer.offerBatch([Buffer.alloc(16_384, round), Buffer.alloc(16_384, round)])).toBe(2);
      expect(consumer.poll((message) => expect(message.payload.every((byte) => byte === round)).toBe(true))).toBe(2);
    }
  });
});

describe('a type', () => {
  test.each([1, 2, 128, 239])('of %d goes through', (type) => {
    const { producer, consumer } = pair();
    producer.offer(Buffer.alloc(1), type);
    producer.offerBatch([Buffer.alloc(1)], type);
    producer.tryClaim(1, type)!.commit();
    expect(consumer.poll((message) => expect(message.type).toBe(type))).toBe(3);
  });

  test.each([0, 240, 255, 256, 257, -1, 1.5, Number.NaN, Infinity, '7'])('of %j is refused', (type) => {
    const { producer } = pair();
    for (const offer of [
      () => producer.offer(Buffer.alloc(1), type as number),
      () => producer.offerBatch([Buffer.alloc(1)], type as number),
      () => producer.tryClaim(1, type as number),
    ]) {
      const error = thrownBy(offer);
      expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
      expect(error.message).toContain(`type is ${type}`);
    }
    expect(producer.position).toBe(0);
  });
});

describe('a claim', () => {
  test('is sent as it was written in place', () => {
    const { producer, consumer } = pair();
    const claim = producer.tryClaim(11, 3)!;
    expect(claim.length).toBe(11);
    claim.buffer.write('hello', claim.offset);
    claim.view.write(', ring', 5);
    expect(consumer.poll(() => {})).toBe(0);
    expect(claim.commit()).toBe(64);
    expect(consumer.poll((message) => expect([`${message.payload}`, message.type]).toEqual(['hello, ring', 3]))).toBe(
      1,
    );
  });

  test('that is aborted leaves nothing: not even a gap in the sequence', () => {
    const { producer, consumer } = pair();
    for (let round = 0; round < 300; round++) {
      const aborted = producer.tryClaim(round * 3)!;
      aborted.view.fill(0xff);
      aborted.abort();
      producer.offer(Buffer.from([round & 0xff]));
      expect(consumer.poll(({ sequence, length }) => expect([sequence, length]).toEqual([round, 1]))).toBe(1);
    }
  });

  test('is closed once', () => {
    const { producer } = pair();
    for (const first of ['commit', 'abort'] as const) {
      const claim = producer.tryClaim(1)!;
      claim[first]();
      for (const again of ['commit', 'abort'] as const) {
        expect(thrownBy(() => claim[again]()).message).toContain(`There is no claim to ${again}`);
        expect(codeOf(() => claim[again]())).toBe('ERR_HERMES_INVALID_STATE');
      }
    }
    expect(producer.position).toBe(64);
  });

  test('that is open lets nothing else through, and stays good', () => {
    const { producer, consumer } = pair();
    const claim = producer.tryClaim(4)!;
    claim.view.write('open');
    for (const other of [
      () => producer.offer(Buffer.alloc(0)),
      () => producer.offer(Buffer.alloc(MAX_PAYLOAD)),
      () => producer.offerBatch([Buffer.alloc(1), Buffer.alloc(MAX_PAYLOAD)]),
      () => producer.tryClaim(0),
    ]) {
      const error = thrownBy(other);
      expect(error.code).toBe('ERR_HERMES_INVALID_STATE');
      expect(error.message).toContain('A claim is open');
    }
    claim.commit();
    expect(consumer.poll((message) => expect(message.payload.toString()).toBe('open'))).toBe(1);
  });

  test('at the end of the lane, with padding before it, is committed, aborted and disturbed like any other', () => {
    const { producer, consumer } = pair();
    for (let position = 0; position < 65_536 - 512; position = producer.position) {
      producer.offer(Buffer.alloc(480));
      consumer.poll(() => {});
    }
    expect(producer.position).toBe(65_024);
    producer.tryClaim(MAX_PAYLOAD)!.abort();
    const claim = producer.tryClaim(MAX_PAYLOAD)!;
    claim.view.fill(5);
    expect(codeOf(() => producer.offerBatch([Buffer.alloc(MAX_PAYLOAD)]))).toBe('ERR_HERMES_INVALID_STATE');
    expect(producer.offerBatch([])).toBe(0);
    expect(consumer.poll(() => {})).toBe(0);
    expect(claim.commit()).toBe(65_536 + 1056);
    expect(consumer.poll((message) => expect(message.payload.every((byte) => byte === 5)).toBe(true))).toBe(1);
  });

  test.each([-1, 0.5, Number.NaN, Infinity, '5', undefined])('of %j bytes is refused', (length) => {
    const { producer } = pair();
    const error = thrownBy(() => producer.tryClaim(length as number));
    expect(['ERR_HERMES_INVALID_OPTION', 'ERR_HERMES_PAYLOAD_TOO_LARGE']).toContain(error.code);
    expect(error.message).toContain(`${length}`);
  });

  test('without room is null', () => {
    const { producer, consumer } = pair();
    while (producer.offer(Buffer.alloc(MAX_PAYLOAD)) !== BACK_PRESSURED);
    expect(producer.tryClaim(MAX_PAYLOAD)).toBeNull();
    consumer.poll(() => {}, 2);
    producer.tryClaim(MAX_PAYLOAD)!.commit();
  });
});

describe('a claim of several messages', () => {
  /** Fills each payload with its number, from `first` on. */
  function fill(claim: Claim, first: number): void {
    for (let i = 0; i < claim.count; i++) {
      const offset = claim.offset + i * claim.stride;
      claim.buffer.fill(first + i, offset, offset + claim.length);
    }
  }

  test.each([false, true])('publishes them together, each a message of its own (checksum: %s)', (checksum) => {
    const { producer, consumer } = pair({ checksum });
    const claim = producer.tryClaim(40, 9, 5)!;
    expect([claim.count, claim.length, claim.stride]).toEqual([5, 40, 96]);
    fill(claim, 100);
    expect(consumer.poll(() => {})).toBe(0);
    expect(claim.commit()).toBe(5 * 96);
    const found: unknown[] = [];
    const times = new Set<bigint>();
    consumer.poll((message) => {
      found.push([message.sequence, message.type, message.length, message.payload[0], message.payload[39]]);
      times.add(message.timestamp);
    });
    expect(found).toEqual([0, 1, 2, 3, 4].map((i) => [i, 9, 40, 100 + i, 100 + i]));
    expect(times.size).toBe(1);
  });

  test('goes on after the end of the lane when it does not fit in before it, again and again', () => {
    const { producer, consumer } = pair();
    let number = 0;
    for (let round = 0; round < 500; round++) {
      const claim = producer.tryClaim(round % 90, 1, 1 + (round % 37))!;
      fill(claim, number);
      if (round % 5 === 0) claim.abort();
      else {
        claim.commit();
        number += claim.count;
      }
      consumer.poll(({ sequence, payload }) => expect(payload.every((byte) => byte === (sequence & 0xff))).toBe(true));
    }
    expect(producer.position).toBeGreaterThan(10 * 65_536);
    producer.offer(Buffer.alloc(1));
    expect(consumer.poll(({ sequence }) => expect(sequence).toBe(number))).toBe(1);
  });

  test('is null while there is no room for all of them', () => {
    const { producer, consumer } = pair();
    for (let i = 0; i < 60; i++) producer.offer(Buffer.alloc(992));
    expect(producer.tryClaim(992, 1, 5)).toBeNull();
    producer.tryClaim(992, 1, 4)!.abort();
    consumer.poll(() => {}, 4);
    expect(producer.tryClaim(992, 1, 5)).toBeNull(); // they lie together, so the last four places before the end stay empty
    consumer.poll(() => {}, 1);
    producer.tryClaim(992, 1, 5)!.abort();
  });

  test.each([0, -1, 1.5, Number.NaN, 17, '2', null])('%j is refused: 1 to a quarter of the lane', (count) => {
    const { producer } = pair();
    const error = thrownBy(() => producer.tryClaim(992, 1, count as number));
    expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(error.message).toContain(`count is ${count}: give a whole number from 1 to 16`);
    producer.tryClaim(992, 1, 16)!.commit();
  });
});

test('a batch larger than the lane is sent as far as there is room, in order, without a gap', () => {
  const { producer, consumer } = pair();
  const messages = Array.from({ length: 1000 }, (_, i) => Buffer.from(`${i}`.padEnd(i % 300)));
  const seen: string[] = [];
  for (let sent = 0; sent < messages.length; ) {
    sent += producer.offerBatch(messages.slice(sent));
    expect(consumer.poll((message) => seen.push(message.payload.toString()), 100_000)).toBeGreaterThan(0);
  }
  expect(seen).toEqual(messages.map(String));
});
