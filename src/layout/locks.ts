/**
 * Bytes of the file that are locked and never read: open-file-description locks (`F_OFD_SETLK`, exclusive, one byte),
 * far beyond the end of any segment. Whoever holds a slot's byte owns the slot; the kernel drops it at death.
 */

export const LOCKS_OFFSET: number = 2 ** 40;

/** Held to attach, join, detach, reap and remove. */
export const CONTROL_LOCK_OFFSET: number = LOCKS_OFFSET;

const PRODUCER_LOCKS_OFFSET = LOCKS_OFFSET + 0x1_0000;
const MEMBER_LOCKS_OFFSET = LOCKS_OFFSET + 0x2_0000;

export function producerLockOffset(lane: number): number {
  return PRODUCER_LOCKS_OFFSET + lane;
}

export function memberLockOffset(group: number, member: number, memberCount: number): number {
  return MEMBER_LOCKS_OFFSET + group * memberCount + member;
}
