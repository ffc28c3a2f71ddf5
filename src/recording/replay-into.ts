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

const BATCH_COUNT = 1024;
/** Milliseconds between two looks for room, or for more. */
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
  const send = (message: Message) => {
    if (producers.of(message.lane).offer(message.payload, message.type) < 0) replay.refuse();
  };
  let messages = 0;
  while (signal?.aborted !== true && !replay.isDone) {
    const count = replay.read(send, BATCH_COUNT);
    messages += count;
    if (count > 0) await nextTurn();
    else if (replay.isAtEnd && !follow) break;
    else await sleep(Math.max(LOOK_INTERVAL_MS, replay.waitMs), undefined, { signal }).catch(() => {});
  }
  return { messages, lanes: producers.lanes };
}

/** A producer for each lane of the journal, attached when it is first needed. */
class LaneProducers {
  private readonly producers = new Map<number, Producer>();

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

  get lanes(): Map<number, number> {
    return new Map([...this.producers].map(([lane, producer]) => [lane, producer.lane]));
  }

  [Symbol.dispose](): void {
    for (const producer of this.producers.values()) producer.detach();
  }
}
