/**
 * Kernel locks (see `locks.ts`) that keep a journal in order. The writer of a directory, a recorder or a producer, holds byte 0 of
 * the file `.journal` exclusively; the PID in that file is information. It also holds the tail byte of the journal's last file:
 * that one alone decides, for the name of `.journal` may be removed. Whoever has a file of the journal open holds that file's pin
 * byte, shared with others: it is not removed meanwhile.
 */

export const JOURNAL_LOCK_FILE = '.journal';
export const JOURNAL_WRITER_LOCK_OFFSET = 0;
export const JOURNAL_PIN_LOCK_OFFSET: number = 2 ** 40;
export const JOURNAL_TAIL_LOCK_OFFSET: number = 2 ** 40 + 1;
