/**
 * A participant's slot, 512 bytes: one for each lane's producer, and one for each member of each group.
 * Its owner is whoever holds the kernel lock on its byte (see `locks.ts`); PID, times and counters are information.
 *
 * ```
 *    0 state            u32   FREE or ATTACHED
 *    4 PID              u32
 *    8 attached at      i64   nanoseconds since the Unix epoch
 *   16 heartbeat        i64   nanoseconds since the Unix epoch
 *   24 attach count     u32   how often the slot was taken since the segment's creation
 *   28 thread id        u32   0 is the main thread
 *   32 CPU              u32   1 more than the CPU that the thread was pinned to; 0: to none
 *  128 sleep            u32   odd while the owner sleeps on its doorbell
 *  256 in-flight lane   u32   members of shared groups: what the member has taken and not yet acknowledged
 *  260 in-flight to     u32   position, low word
 *  264 in-flight from   u32   position, low word; 1 when nothing is in flight
 *  384 counters     16 × u64  see `counters.ts`
 * ```
 */

export const PARTICIPANT_SLOT_LENGTH = 512;

export const SLOT_STATE_OFFSET = 0;
export const SLOT_PID_OFFSET = 4;
export const SLOT_ATTACHED_AT_OFFSET = 8;
export const SLOT_HEARTBEAT_OFFSET = 16;
export const SLOT_ATTACH_COUNT_OFFSET = 24;
export const SLOT_THREAD_ID_OFFSET = 28;
export const SLOT_CPU_OFFSET = 32;
export const SLOT_SLEEP_OFFSET = 128;
export const IN_FLIGHT_LANE_OFFSET = 256;
export const IN_FLIGHT_TO_OFFSET = 260;
export const IN_FLIGHT_FROM_OFFSET = 264;
export const SLOT_COUNTERS_OFFSET = 384;

export const SLOT_FREE = 0;
export const SLOT_ATTACHED = 1;

/** Where the slot of `lane`'s producer starts, from the start of the producer slots. */
export function producerSlotOffset(lane: number): number {
  return lane * PARTICIPANT_SLOT_LENGTH;
}

/** Where the slot of a group's member starts, from the start of the member slots. */
export function memberSlotOffset(group: number, member: number, memberCount: number): number {
  return (group * memberCount + member) * PARTICIPANT_SLOT_LENGTH;
}
