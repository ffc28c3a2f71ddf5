/**
 * An entry of the group table, 256 bytes. It changes only under the control lock; gates read its state word at any time.
 *
 * ```
 *    0 state            u32   bits 0–7 FREE, JOINING or ACTIVE; bit 8 lossy, bit 9 shared, bit 10 durable
 *    8 created at       i64   nanoseconds since the Unix epoch
 *   16 name length      u32   bytes
 *   64 name             64 B  ASCII
 *  128 attention        u32   counts how often somebody noticed that a member of a shared group died with messages in flight
 *  132 zero
 * ```
 */

export const GROUP_ENTRY_LENGTH = 256;

export const GROUP_STATE_OFFSET = 0;
export const GROUP_CREATED_AT_OFFSET = 8;
export const GROUP_NAME_LENGTH_OFFSET = 16;
export const GROUP_NAME_OFFSET = 64;
export const GROUP_NAME_MAX_LENGTH = 64;
export const GROUP_ATTENTION_OFFSET = 128;

export const GROUP_STATE_MASK = 0xff;
export const GROUP_FREE = 0;
/** Its positions are being set: no gate may be computed meanwhile. */
export const GROUP_JOINING = 1;
export const GROUP_ACTIVE = 2;

/** Never gates; reads by copy and validation. */
export const GROUP_LOSSY = 0x100;
/** Several members share its messages. */
export const GROUP_SHARED = 0x200;
/** Keeps its positions while nobody is attached. */
export const GROUP_DURABLE = 0x400;

/** Where the entry of `group` starts, from the start of the group table. */
export function groupEntryOffset(group: number): number {
  return group * GROUP_ENTRY_LENGTH;
}
