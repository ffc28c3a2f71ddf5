import { styleText } from 'node:util';
import { Failure } from './command.js';

/** What a write to a pipe gives whose reader has gone, and every write after that. */
const READER_GONE: readonly (string | undefined)[] = ['EPIPE', 'ERR_STREAM_DESTROYED'];

/**
 * Writes data to stdout and waits until the system has taken all of it. False when nobody reads it any more, or when
 * the interruption comes first. @throws Failure when it cannot be written, as on a full disk
 */
export function writeData(data: string | Uint8Array, interrupted?: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(false);
    interrupted?.addEventListener('abort', giveUp, { once: true });
    process.stdout.write(data, (error) => {
      interrupted?.removeEventListener('abort', giveUp);
      if (error == null) resolve(true);
      else if (READER_GONE.includes((error as NodeJS.ErrnoException).code)) resolve(false);
      else reject(new Failure(`cannot write to stdout: ${error.message}`));
    });
  });
}

/** Something for people: stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** True where colours may be used on stdout. */
export function hasColour(): boolean {
  return process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
}

/** Bold on a terminal, plain elsewhere. */
export function heading(text: string): string {
  return hasColour() ? styleText('bold', text) : text;
}

/** Columns of the terminal, or a width that reads well in a file. */
export function outputWidth(): number {
  return Math.min(process.stdout.columns || 100, 120);
}

/** A value as one line of JSON; BigInts become strings. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? field.toString() : field))}\n`;
}

const counts: Intl.NumberFormat = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const rates: Intl.NumberFormat = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** `1,234,567` */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** `12.3M` */
export function formatRate(perSecond: number): string {
  return rates.format(perSecond);
}
