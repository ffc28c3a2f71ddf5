/**
 * The first page of a segment: bytes 0–255 are written once and sealed by a checksum; after them come the few words
 * that all participants share, 128 bytes apart so that no two of them meet in a cache line (or in a pair of lines that is prefetched).
 *
 * ```
 *    0 magic "HERMESEG"     8 B     64 boot id                 16 B    256 ready word
 *    8 layout major         u32     80 segment id              16 B    384 roster
 *   12 layout minor         u32     96 lane controls, offset   u64     512 group epoch
 *   16 file length          u64    104 producer slots, offset  u64     640 control holder (PID)
 *   24 lanes                u32    112 member slots, offset    u64     768 consumer bell
 *   28 groups               u32    120 group table, offset     u64     896 producer bell
 *   32 members per group    u32    128 positions, offset       u64    1024 news
 *   36 lane capacity        u32    136 lanes, offset           u64    1152 zero, up to 4096
 *   40 maximum payload      u32    144 required               u32
 *   44 flags                u32    252 checksum (CRC-32 of bytes 0–251)
 *   48 created at           i64 nanoseconds since the Unix epoch
 *   56 clock offset         i64 nanoseconds from the monotonic clock to the Unix epoch
 * ```
 */

export const PREAMBLE_LENGTH = 4096;

export const SEGMENT_MAGIC = 'HERMESEG';
export const SEGMENT_MAGIC_OFFSET = 0;
export const LAYOUT_MAJOR_OFFSET = 8;
export const LAYOUT_MINOR_OFFSET = 12;
export const FILE_LENGTH_OFFSET = 16;
export const LANE_COUNT_OFFSET = 24;
export const GROUP_COUNT_OFFSET = 28;
export const MEMBER_COUNT_OFFSET = 32;
export const LANE_CAPACITY_OFFSET = 36;
export const MAX_PAYLOAD_LENGTH_OFFSET = 40;
export const FLAGS_OFFSET = 44;
export const CREATED_AT_OFFSET = 48;
export const CLOCK_OFFSET_OFFSET = 56;
export const BOOT_ID_OFFSET = 64;
export const SEGMENT_ID_OFFSET = 80;
export const LANE_CONTROLS_OFFSET_OFFSET = 96;
export const PRODUCER_SLOTS_OFFSET_OFFSET = 104;
export const MEMBER_SLOTS_OFFSET_OFFSET = 112;
export const GROUP_TABLE_OFFSET_OFFSET = 120;
export const POSITIONS_OFFSET_OFFSET = 128;
export const LANES_OFFSET_OFFSET = 136;
/** Bits of what a participant must know: a process that finds an unknown bit may only read. */
export const REQUIRED_OFFSET = 144;
export const PREAMBLE_CHECKSUM_OFFSET = 252;

/** Written last, when everything else of the file is in place. */
export const READY_OFFSET = 256;
/**
 * What a consumer looks at now and then, in one word that changes under the control lock: bits 0–15 hold 1 + the highest
 * lane that ever had a producer, beyond which nobody looks; bit 16 is set once the segment is being removed.
 */
export const ROSTER_OFFSET = 384;
export const ROSTER_LANES_MASK = 0xffff;
export const ROSTER_REMOVED = 0x1_0000;
/** Counts joins of groups: a gate computed across a change of it is thrown away. */
export const GROUP_EPOCH_OFFSET = 512;
/** PID of whoever took the control lock last: information for people. */
export const CONTROL_HOLDER_OFFSET = 640;
/** Counts consumers going to sleep; producers ring when it has changed. */
export const CONSUMER_BELL_OFFSET = 768;
/** Counts producers going to sleep for want of room; consumers ring when it has changed. */
export const PRODUCER_BELL_OFFSET = 896;
/** Counts whenever the news of a lane were counted: consumers that do not look at all lanes look at this. */
export const NEWS_OFFSET = 1024;
export const ID_LENGTH = 16;

/** Raised when a file of the new layout cannot be used by older code. */
export const LAYOUT_MAJOR = 1;
/**
 * Raised when words are added where older code expects zeros and does not look, or something beside the file.
 * 1: FIFOs have names, and everybody rings. 2: REQUIRED.
 */
export const LAYOUT_MINOR = 2;

/** The bits of REQUIRED that this version knows: none. A file of an earlier minor has none either. */
export const REQUIRED_KNOWN = 0;

/** `REDY`, as a little-endian word. */
export const READY = 0x59_44_45_52;

/** FLAGS: every record carries a CRC. */
export const FLAG_CHECKSUM = 1;
/** FLAGS: every record carries the time of its publication; otherwise TIMESTAMP is 0. */
export const FLAG_TIMESTAMPS = 2;
