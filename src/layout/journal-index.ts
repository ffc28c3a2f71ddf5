/**
 * The sparse index beside a file of a journal, under its name with `.index` behind it: records of `record.ts`, one of the
 * first message and one about every {@link INDEX_INTERVAL} bytes of the journal's records, all of one length. It holds
 * nothing that the records do not tell, but for the boot; and whoever finds it missing or wrong makes it anew. TIMESTAMP is the newest time of a message before the
 * position. The payload:
 *
 * ```
 *    0 position             u64    24 journal id              8 B
 *    8 boot id             16 B    32 lane table             8 B   for each lane
 * ```
 */

export const INDEX_ENTRY_TYPE = 241;

export const INDEX_POSITION_OFFSET = 0;
/** Whoever finds another boot's reads the whole of the last file: pages may have been lost in any order. */
export const INDEX_BOOT_ID_OFFSET = 8;
export const INDEX_JOURNAL_ID_OFFSET = 24;
/** For each lane the sequence that comes next at the position, as a lane table of `journal-file.ts` has it. */
export const INDEX_LANE_TABLE_OFFSET = 32;

export const INDEX_INTERVAL: number = 1024 * 1024;

export function indexFileName(journalFile: string): string {
  return `${journalFile}.index`;
}
