/**
 * The counters of a participant slot: 64-bit, only ever added to by the slot's owner, kept when the slot changes hands.
 * Numbers here are places in the slot's counter block; a counter is two words, low then high.
 */

export const COUNTER_LENGTH = 8;
export const COUNTERS_PER_SLOT = 16;

/** Producers: how often a message was refused for want of room. */
export const COUNTER_BACK_PRESSURED = 0;
/** Producers: claims given up with `abort`. */
export const COUNTER_ABORTED = 1;

/** Members of lossy groups: messages handled. */
export const COUNTER_MESSAGES = 0;
/** Members: messages that were handled again after a death. */
export const COUNTER_REDELIVERED = 1;
/** Members of lossy groups: messages overwritten before they were read. */
export const COUNTER_LOST = 2;
