import { SLOT_SLEEP_OFFSET } from '../../src/layout/participant-slot.js';
import { memberSlotIndex, producerSlotIndex, wordAt } from '../../src/ring/indices.js';
import { openSegment } from '../../src/segment/segment.js';
import { SEGMENT } from './stress-command.js';

export interface Transitions {
  readonly consumers: number;
  readonly producers: number;
  /** Slots whose owner sleeps now. */
  readonly asleep: readonly string[];
}

/** How often participants fell asleep and were awake again, as the words of their slots have counted it. */
export function transitionsOf(directory: string): Transitions {
  const segment = openSegment(SEGMENT, { directory }, 'read-only');
  try {
    const { memory } = segment;
    const { laneCount, groupCount, memberCount } = memory.geometry;
    const asleep: string[] = [];
    const count = (slotIndex: number, name: string) => {
      const word = Atomics.load(memory.words, wordAt(slotIndex, SLOT_SLEEP_OFFSET)) >>> 0;
      if (word % 2 === 1) asleep.push(name);
      return word >>> 1;
    };
    let [consumers, producers] = [0, 0];
    for (let lane = 0; lane < laneCount; lane++) producers += count(producerSlotIndex(memory, lane), `lane ${lane}`);
    for (let group = 0; group < groupCount; group++) {
      for (let member = 0; member < memberCount; member++) {
        consumers += count(memberSlotIndex(memory, group, member), `group ${group}, member ${member}`);
      }
    }
    return { consumers, producers, asleep };
  } finally {
    segment.close();
  }
}
