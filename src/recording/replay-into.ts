import { checkFunction, checkKnown, type OptionNames } from '../checks.js';
import type { HeldBack } from '../control/held-back-remedy.js';
import { inspectJournal } from '../journal/inspect-journal.js';
import { FOLLOW_OPTIONS, type FollowOptions, FollowPace } from '../journal/journal-iteration.js';
import { openJournal } from '../journal/journal-reader.js';
import { JOURNAL_READER_OPTIONS, type JournalReaderOptions } from '../journal/journal-reader-options.js';
import { checkSignal } from '../os/abort.js';
import { sleep } from '../os/timers.js';
import { Turns } from '../os/turns.js';
import { attachProducer } from '../participants/attach-producer.js';
import { tellWhenHeldBack } from '../participants/held-back-watch.js';
import type { Producer } from '../participants/producer.js';
import type { Message } from '../ring/message.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from '../segment/directory.js';
import { REPLAY_OPTIONS, Replay, type ReplayOptions } from './replay.js';

/** Which part of a journal goes into a segment, how fast, and until when. */
export interface ReplayIntoOptions extends DirectoryOptions, JournalReaderOptions, ReplayOptions, FollowOptions {
  /**
   * Is told which group holds a lane back, once a second while nothing has been sent for a second. Without it, Node prints a warning
   * after five seconds (`HERMES_HELD_BACK`).
   */
  readonly onHeldBack?: ((heldBack: HeldBack) => void) | undefined;
}

const REPLAY_INTO_OPTIONS: OptionNames<ReplayIntoOptions> = {
  ...DIRECTORY_OPTIONS,
  ...JOURNAL_READER_OPTIONS,
  ...REPLAY_OPTIONS,
  ...FOLLOW_OPTIONS,
  onHeldBack: true,
};

/** What was replayed. */
export interface ReplayReport {
  readonly messages: number;
  /** Pairs, as `new Map` takes them: a lane of the journal, and the lane of the segment that its messages went into. */
  readonly lanes: readonly (readonly [number, number])[];
}

/** A message that there was no room for. */
interface Refused {
  readonly producer: Producer;
  readonly payload: Buffer;
  readonly type: number;
}

/** Messages between two looks at the clock: few, as they may be large. */
const BATCH_COUNT = 64;
/** How long consumers may make room before the replay looks again: to be woken by each acknowledgement costs both sides a system call. Milliseconds. */
const ROOM_INTERVAL_MS = 1;
/** Milliseconds without progress before somebody is told who holds a lane back. */
const TELL_AFTER_MS = 1000;

/**
 * Sends a journal's messages into a segment, in order and with their types. Each lane goes through a producer of its own. If the
 * journal's lanes are 0, 1, 2, … and the segment has at least as many lanes and no producers, lanes keep their numbers.
 * @throws HermesError what openJournal and attachProducer throw, _PAYLOAD_TOO_LARGE
 */
export async function replayInto(
  journal: string,
  segment: string,
  options: ReplayIntoOptions = {},
): Promise<ReplayReport> {
  checkKnown('replayInto', options, REPLAY_INTO_OPTIONS);
  const { directory, from, skipDamage, onDamage, to, lane: only, speed, follow, signal, onHeldBack } = options;
  checkSignal(signal);
  if (onHeldBack !== undefined) checkFunction('onHeldBack', onHeldBack);
  using reader = openJournal(journal, { from, skipDamage, onDamage });
  const replay = new Replay(reader, { to, lane: only, speed, follow });
  using producers = new LaneProducers(segment, { directory }, onHeldBack);
  for (const { lane } of inspectJournal(reader.directory).lanes)
    if (only === undefined || only === lane) producers.of(lane);
  const offer = (message: Message) => {
    if (!producers.offer(message)) replay.refuse();
  };
  const pace = new FollowPace();
  let messages = 0;
  const turns = new Turns();
  while (signal?.aborted !== true && !replay.isDone) {
    let count = 0;
    try {
      count = replay.readOnce(offer, BATCH_COUNT);
    } finally {
      messages += count - (await producers.sendRefused(signal)); // also before damage is told of
    }
    if (count > 0) pace.reset();
    if (turns.isDue) await turns.take();
    if (count > 0 || replay.hasMore) continue;
    if (replay.isAtEnd && follow !== true) break;
    await pace.wait(signal, replay.waitMs);
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
    private readonly onHeldBack: ReplayIntoOptions['onHeldBack'],
  ) {}

  of(lane: number): Producer {
    let producer = this.producers.get(lane);
    if (producer === undefined) {
      producer = attachProducer(this.segment, this.options);
      if (this.onHeldBack !== undefined) tellWhenHeldBack(producer, TELL_AFTER_MS, this.onHeldBack);
      this.producers.set(lane, producer);
    }
    return producer;
  }

  /** Sends a message. False while an earlier one waits for room, as this one would overtake it. */
  offer({ lane, payload, type }: Message): boolean {
    if (this.refused !== undefined) return false;
    const producer = this.of(lane);
    if (producer.offer(payload, type) < 0) this.refused = { producer, payload: Buffer.from(payload), type };
    return true;
  }

  /**
   * Sends what there was no room for: a moment later, so that there is room for many, or else whenever the doorbell rings. Returns how
   * many messages were not sent because of the signal.
   */
  async sendRefused(signal: AbortSignal | undefined): Promise<number> {
    if (this.refused === undefined) return 0;
    const { producer, payload, type } = this.refused;
    try {
      await sleep(ROOM_INTERVAL_MS, signal);
      await producer.send(payload, { type, signal });
      return 0;
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      return 1;
    } finally {
      this.refused = undefined;
    }
  }

  get lanes(): [number, number][] {
    return [...this.producers].map(([lane, producer]) => [lane, producer.lane]);
  }

  [Symbol.dispose](): void {
    for (const producer of this.producers.values()) producer.detach();
  }
}
