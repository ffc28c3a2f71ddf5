import type { JournalPlace } from '../index.js';
import { UsageError } from './command.js';

/** `4096`, a position; `seq:100`, a sequence of the lane; `2026-01-31T12:00:00Z` or `2026-01-31`, a time. @throws UsageError */
export function parseJournalPlace(option: string, text: string, lane: number | undefined): JournalPlace {
  if (/^\d+$/.test(text)) return { position: Number(text) };
  const [, sequence] = /^seq:(\d+)$/.exec(text) ?? [];
  if (sequence !== undefined) {
    if (lane === undefined) throw new UsageError(`--${option} ${text} needs a lane: give --lane too`);
    return { lane, sequence: Number(sequence) };
  }
  const [, nanoseconds] = /^ns:(\d+)$/.exec(text) ?? [];
  if (nanoseconds !== undefined) return { timeNs: BigInt(nanoseconds) };
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new UsageError(
      `--${option} is ${text}: give a position in bytes, seq:<number> with --lane, a time such as 2026-01-31T12:00:00Z, or ns:<nanoseconds since 1970>`,
    );
  }
  return { timeNs: BigInt(Math.round(ms)) * 1_000_000n };
}
