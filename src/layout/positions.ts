/**
 * One position per (group, lane), 128 bytes each: how far the group has got in the lane, or, for a shared group,
 * up to where its members have taken.
 *
 * ```
 *    0 position         u32   low word; at most the lane's capacity behind head
 *    4 zero
 * ```
 */

export const POSITION_LENGTH = 128;

export const POSITION_LOW_OFFSET = 0;

/** Where the position of `group` in `lane` starts, from the start of the positions. */
export function positionOffset(group: number, lane: number, laneCount: number): number {
  return (group * laneCount + lane) * POSITION_LENGTH;
}
