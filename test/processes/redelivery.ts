import type { Handled } from './handled-log.js';

/** What the succession of members did to one lane. */
interface LaneProgress {
  /** The first sequence that nobody has handled. */
  next: number;
  /** Of the member that handles the lane at present. */
  generation: number;
  cursor: number;
}

export interface RedeliveryReport {
  /** Per lane: messages that were handled at least once. */
  readonly handled: readonly number[];
  /** Times that a message was handled again. */
  readonly repeated: number;
  /** Changes of the member upon which something was handled again. */
  readonly repeatingChanges: number;
}

/**
 * Checks what members that were killed one after the other handled: each lane in order and without a gap, every
 * payload whole, and again only what the killed one had not acknowledged: at most `limit` messages of a lane, right at
 * the beginning of its successor. @throws Error that says what is wrong
 */
export function checkRedelivery(log: readonly Handled[], laneCount: number, limit: number): RedeliveryReport {
  const lanes: LaneProgress[] = Array.from({ length: laneCount }, () => ({ next: 0, generation: -1, cursor: 0 }));
  let repeated = 0;
  let repeatingChanges = 0;
  for (const { generation, lane, sequence, whole } of log) {
    const progress = lanes[lane]!;
    const where = `lane ${lane}, sequence ${sequence}, member ${generation}`;
    if (!whole) throw new Error(`${where}: the payload is not that of the message`);
    if (generation < progress.generation) throw new Error(`${where}: a member acted after its death`);
    if (generation !== progress.generation) {
      if (sequence > progress.next) throw new Error(`${where}: ${progress.next} and the following were lost`);
      if (sequence < progress.next - limit) throw new Error(`${where}: ${progress.next - sequence} came again`);
      if (sequence < progress.next) repeatingChanges++;
      progress.generation = generation;
      progress.cursor = sequence;
    }
    if (sequence !== progress.cursor) throw new Error(`${where}: ${progress.cursor} was to be handled next`);
    if (sequence < progress.next) repeated++;
    progress.cursor = sequence + 1;
    progress.next = Math.max(progress.next, progress.cursor);
  }
  return { handled: lanes.map(({ next }) => next), repeated, repeatingChanges };
}
