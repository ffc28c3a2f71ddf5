import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { DirectoryOptions } from '../broker/directory.js';
import { attachProducer, type Producer } from '../broker/producer.js';
import { inspectJournal } from '../journal/inspect-journal.js';
import { openJournal } from '../journal/journal-reader.js';
import type { FollowOptions, JournalReaderOptions } from '../journal/journal-reader-options.js';
import type { Message } from '../ring/message.js';
import { Replay, type ReplayOptions } from './replay.js';

export interface ReplayIntoOptions extends DirectoryOptions, JournalReaderOptions, ReplayOptions, FollowOptions {}

/** What was replayed. */
export interface ReplayReport {
  readonly messages: number;
  /** For each lane of the journal the lane of the segment that its messages went into. */
  readonly lanes: ReadonlyMap<number, number>;
}

/** A message that there was no room for. */
interface Refused {
  readonly producer: Producer;
  readonly payload: Buffer;
  readonly type: number;
}

const BATCH_COUNT = 1024;
/** How long a consumer may make room before it is looked for: who is woken by each acknowledgement costs both a system call. Milliseconds. */
const ROOM_INTERVAL_MS = 1;
/** How long a busy replay keeps the event loop waiting. Milliseconds. */
const TURN_INTERVAL_MS = 5;
/** Milliseconds between two looks for more, or for whether a message is due. */
const LOOK_INTERVAL_MS = 1;

/**
 * Sends a journal's messages into a segment: each lane's through a producer of its own, in order, with their types. In a
 * segment of as many lanes without producers, lanes that follow one another from 0 keep their numbers.
 * @throws HermesError what openJournal and attachProducer throw, _PAYLOAD_TOO_LARGE
 */
export async function replayInto(journal: string, segment: string, options: ReplayIntoOptions): Promise<ReplayReport> {
  const { directory, lane: only, follow = false, signal } = options;
  using reader = openJournal(journal, options);
  const replay = new Replay(reader, options);
  using producers = new LaneProducers(segment, { directory });
  for (const { lane } of inspectJournal(journal).lanes) if (only === undefined || only === lane) producers.of(lane);
  const offer = (message: Message) => {
    if (!producers.offer(message)) replay.refuse();
  };
  let messages = 0;
  let turnedAtMs = performance.now();
  while (signal?.aborted !== true && !replay.isDone) {
    let count = 0;
    try {
      count = replay.read(offer, BATCH_COUNT);
    } finally {
      messages += count - (await producers.sendRefused(signal)); // also before damage is told of
    }
    if (count > 0 && performance.now() - turnedAtMs < TURN_INTERVAL_MS) continue;
    if (count > 0) await nextTurn();
    else if (replay.isAtEnd && !follow) break;
    else await sleep(Math.max(LOOK_INTERVAL_MS, replay.waitMs), undefined, { signal }).catch(() => {});
    turnedAtMs = performance.now();
  }
  return { messages, lanes: producers.lanes };
}

/** A producer for each lane of the journal, attached when it is first needed. */
class LaneProducers {
  private readonly producers = new Map<number, Producer>();
  private refused: Refused | undefined;

  constructor(
    private readonly segment: string,
    private readonly options: DirectoryOptions,
  ) {}

  of(lane: number): Producer {
    let producer = this.producers.get(lane);
    if (producer === undefined) {
      producer = attachProducer(this.segment, this.options);
      this.producers.set(lane, producer);
    }
    return producer;
  }

  /** Sends a message. False while an earlier one waits for room, which this one would overtake. */
  offer({ lane, payload, type }: Message): boolean {
    if (this.refused !== undefined) return false;
    const producer = this.of(lane);
    if (producer.offer(payload, type) < 0) this.refused = { producer, payload: Buffer.from(payload), type };
    return true;
  }

  /**
   * Sends what there was no room for: a moment later, so that there is room for many, or else whenever the doorbell rings. How many
   * messages the signal kept from being sent.
   */
  async sendRefused(signal: AbortSignal | undefined): Promise<number> {
    if (this.refused === undefined) return 0;
    const { producer, payload, type } = this.refused;
    try {
      await sleep(ROOM_INTERVAL_MS, undefined, { signal });
      await producer.send(payload, { type, signal });
      return 0;
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      return 1;
    } finally {
      this.refused = undefined;
    }
  }

  get lanes(): Map<number, number> {
    return new Map([...this.producers].map(([lane, producer]) => [lane, producer.lane]));
  }

  [Symbol.dispose](): void {
    for (const producer of this.producers.values()) producer.detach();
  }
}
