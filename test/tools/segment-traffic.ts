import { attachConsumer, attachProducer, inspectSegment, type LaneInspection, type Producer } from '../../src/index.js';
import { withControlLock } from '../../src/membership/control-lock.js';
import { openSegment } from '../../src/segment/segment.js';
import { until } from '../support/until.js';

/** Where a segment is. */
export interface Place {
  readonly name: string;
  readonly directory: string;
}

/** A message, as it came out of a segment. */
export interface Received {
  readonly lane: number;
  readonly type: number;
  readonly sequence: number;
  readonly timestamp: bigint;
  readonly payload: Buffer;
}

/** Offers payloads through a producer until all are in. The segment must have room for them. */
export function offerAll(producer: Producer, payloads: readonly (string | Uint8Array)[]): void {
  for (const payload of payloads) {
    if (producer.offer(Buffer.from(payload)) < 0)
      throw new Error('the segment has no room for the messages of the test');
  }
}

/** Sends payloads through a producer of their own, which is gone afterwards. */
export function send({ name, directory }: Place, payloads: readonly (string | Uint8Array)[]): void {
  using producer = attachProducer(name, { directory });
  offerAll(producer, payloads);
}

/** Takes all that waits for a group. */
export function receive({ name, directory }: Place, group = 'default'): Received[] {
  using consumer = attachConsumer(name, { directory, group });
  const received: Received[] = [];
  while (
    consumer.poll(({ lane, type, sequence, timestamp, payload }) => {
      received.push({ lane, type, sequence, timestamp, payload: Buffer.from(payload) });
    }) > 0
  );
  return received;
}

/** The payloads of all that waits for a group, as text. */
export function receiveTexts(place: Place, group = 'default'): string[] {
  return receive(place, group).map(({ payload }) => payload.toString('latin1'));
}

/** The payloads of all that waits for a group. */
export function receivePayloads(place: Place): Buffer[] {
  return receive(place).map(({ payload }) => payload);
}

/** Messages that were published, over all lanes. */
export function publishedCount(place: Place): number {
  return lanes(place).reduce((sum, { messages }) => sum + (messages ?? 0), 0);
}

/** The lanes that ever had a producer. */
export function lanes({ name, directory }: Place): readonly LaneInspection[] {
  return inspectSegment(name, { directory }).lanes;
}

/** The living members of a group; none when there is no such group. */
export function livingMembers({ name, directory }: Place, group: string): number[] {
  const found = inspectSegment(name, { directory }).groups.find((candidate) => candidate.name === group);
  return (found?.members ?? []).filter(({ alive }) => alive).map(({ pid }) => pid);
}

/** Waits until a process is a member of a group, and has done with attaching. */
export async function untilMember(place: Place, pid: number, group = 'default'): Promise<void> {
  await until(() => livingMembers(place, group).includes(pid));
  awaitControlLock(place);
}

/** Waits until a process is a producer, and has done with attaching. */
export async function untilProducer(place: Place, pid: number): Promise<void> {
  await until(() => lanes(place).some(({ producer }) => producer?.alive && producer.pid === pid));
  awaitControlLock(place);
}

/** Whoever attaches holds the control lock: one that is stopped while it does so would keep all others out. */
function awaitControlLock({ name, directory }: Place): void {
  const segment = openSegment(name, { directory }, 'read-write');
  try {
    withControlLock(segment, () => {});
  } finally {
    segment.close();
  }
}
