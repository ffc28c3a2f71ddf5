/**
 * The FIFOs that sleepers are woken through: one for each slot, beside the segment's file, made once and removed with the segment.
 *
 * ```
 * .bell-<segment id, 32 hex digits>-<inode>-p<lane>               of a lane's producer
 * .bell-<segment id, 32 hex digits>-<inode>-m<group>.<member>     of a group's member
 * ```
 *
 * Numbers are decimal. The inode is that of the segment's file: a copy of the file has the same id, and its own FIFOs. The id tells a
 * file from an earlier one that had the inode. No segment's name begins with a dot.
 */
const PREFIX = '.bell-';

/** The bytes of a segment's id, and the number of its file's inode. */
export interface FifoOwner {
  readonly segmentId: Uint8Array;
  readonly inode: bigint;
}

export function producerFifoName(owner: FifoOwner, lane: number): string {
  return `${prefixOf(owner)}p${lane}`;
}

export function memberFifoName(owner: FifoOwner, group: number, member: number): string {
  return `${prefixOf(owner)}m${group}.${member}`;
}

/** True for the name of a FIFO of that file, or of an earlier one that had its inode. */
export function isFifoOf(inode: bigint, name: string): boolean {
  return name.startsWith(PREFIX) && name.slice(PREFIX.length).split('-')[1] === `${inode}`;
}

function prefixOf({ segmentId, inode }: FifoOwner): string {
  const digits = Array.from(segmentId, (byte) => byte.toString(16).padStart(2, '0'));
  return `${PREFIX}${digits.join('')}-${inode}-`;
}
