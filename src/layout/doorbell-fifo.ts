/**
 * The FIFOs that sleepers are woken through: one for each slot, beside the segment's file, made once and removed with the segment.
 *
 * ```
 * .bell-<segment id, 32 hex digits>-p<lane>               of a lane's producer
 * .bell-<segment id, 32 hex digits>-m<group>.<member>     of a group's member
 * ```
 *
 * Numbers are decimal. No segment's name begins with a dot.
 */

/** What the names of all FIFOs of a segment begin with. */
export function fifoPrefix(segmentId: Uint8Array): string {
  const digits = Array.from(segmentId, (byte) => byte.toString(16).padStart(2, '0'));
  return `.bell-${digits.join('')}-`;
}

export function producerFifoName(segmentId: Uint8Array, lane: number): string {
  return `${fifoPrefix(segmentId)}p${lane}`;
}

export function memberFifoName(segmentId: Uint8Array, group: number, member: number): string {
  return `${fifoPrefix(segmentId)}m${group}.${member}`;
}
