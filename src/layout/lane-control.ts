/**
 * What a lane's writer tells the world: 512 bytes a lane, one writer for all of it.
 *
 * ```
 *    0 head, low word       u32   position modulo 2³² after the last published record
 *    4 head, high word      u32   floor(position / 2³¹), stored before the low word, only when it changes
 *  128 handover entry 0           { position low u32, sequence low u32, sequence high u32, zero }
 *  144 handover entry 1           the one whose position equals head's low word holds the next sequence
 *  256 reserved             u32   eighths of the lane's capacity that the writer may have begun to overwrite
 *  384 news                 u32   counts publications that a consumer may be unaware of, when it does not look at the lane
 *  388 zero
 * ```
 */

export const LANE_CONTROL_LENGTH = 512;

export const HEAD_LOW_OFFSET = 0;
export const HEAD_HIGH_OFFSET = 4;
export const HANDOVER_OFFSET = 128;
export const HANDOVER_ENTRY_LENGTH = 16;
export const HANDOVER_POSITION_OFFSET = 0;
export const HANDOVER_SEQUENCE_LOW_OFFSET = 4;
export const HANDOVER_SEQUENCE_HIGH_OFFSET = 8;
export const RESERVED_OFFSET = 256;

/** Added to by the lane's writer, and by whoever reaps it. */
export const LANE_NEWS_OFFSET = 384;

/** No position: positions are multiples of 32. */
export const NO_POSITION = 1;

/** `reserved` counts pieces of this many to the lane. */
export const RESERVED_PIECES_PER_LANE = 8;

/** Where the control block of `lane` starts, from the start of the lane controls. */
export function laneControlOffset(lane: number): number {
  return lane * LANE_CONTROL_LENGTH;
}
