import { once } from 'node:events';
import { styleText } from 'node:util';

/** Writes data to stdout and waits until it may take more. False when nobody reads any more. */
export async function writeData(data: string | Uint8Array): Promise<boolean> {
  const { stdout } = process;
  if (stdout.destroyed || stdout.writableEnded) return false;
  if (!stdout.write(data)) await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => {});
  return !stdout.destroyed;
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
  return Math.min(process.stdout.columns ?? 100, 120);
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
