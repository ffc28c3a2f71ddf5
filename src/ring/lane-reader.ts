import { RECORD_ALIGNMENT } from '../layout/record.js';
import { corruptLane } from './corrupt-lane.js';
import { positionIndex } from './indices.js';
import type { Message, MessageHandler } from './message.js';
import type { Reader } from './reader.js';
import { RecordWalker } from './record-walker.js';
import type { Ringer } from './ringer.js';
import type { SegmentMemory } from './segment-memory.js';

/** Reads one lane for an exclusive reliable group, in place: the group's position holds the writer back. */
export class LaneReader extends RecordWalker implements Reader {
  private readonly positionIndex: number;
  private acknowledged: number;

  /** `producers` are rung when there may be room. */
  constructor(
    memory: SegmentMemory,
    lane: number,
    group: number,
    message: Message<unknown>,
    private readonly producers: Ringer,
  ) {
    super(memory, lane, message);
    this.positionIndex = positionIndex(memory, group, lane);
    this.position = Atomics.load(this.words, this.positionIndex); // SYNC: consumed
    this.acknowledged = this.position;
    if (this.position % RECORD_ALIGNMENT !== 0) {
      throw corruptLane(lane, `the group's position is ${this.position >>> 0}, not a multiple of ${RECORD_ALIGNMENT}`);
    }
  }

  /** They stay in place until `acknowledge`. */
  read(handler: MessageHandler<unknown>, limit: number): number {
    const head = this.loadHead();
    if (head === this.position) return 0;
    const isAcknowledged = this.position === this.acknowledged;
    const count = this.walk(handler, head, limit);
    if (count === 0 && isAcknowledged) this.acknowledge(); // padding with no message behind it
    return count;
  }

  /** Tells the writer, with one store, that all messages handed out may be overwritten. Cheap when there are none. */
  acknowledge(): void {
    const { position, producers } = this;
    if (position === this.acknowledged) return;
    const bell = this.hot.storeThenLoad(this.positionIndex, position, producers.bellIndex); // SYNC: consumed, bell
    this.acknowledged = position;
    producers.answer(bell);
  }

  rewind(): void {
    if (this.position !== this.acknowledged) this.moveTo(this.acknowledged);
  }
}
