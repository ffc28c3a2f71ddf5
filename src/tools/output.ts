import fs from 'node:fs';
import { isatty } from 'node:tty';
import { Failure } from './command.js';
import { wrapped } from './text-wrap.js';

/** What a write to a pipe gives whose reader has gone, and every write after that. */
const READER_GONE: readonly (string | undefined)[] = ['EPIPE', 'ERR_STREAM_DESTROYED'];

/** The outputs of a command, from its beginning to its end. */
export interface Output {
  /** What the help and other small things have lost; not that nobody reads on. */
  readonly failure: Failure | undefined;
  /** To be called last of all: a Node that ends on a terminal that is gone would be ended by SIGABRT. */
  leaveLostTerminal(): void;
}

/** Keeps the loss of an output from ending the process: stderr is for people, and whoever writes data to stdout is told by the write. */
export function watchOutput(): Output {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  let failure: Failure | undefined;
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!READER_GONE.includes(error.code)) failure = stdoutFailure(error);
  });
  return {
    get failure() {
      return failure;
    },
    leaveLostTerminal() {
      for (const fd of terminals) if (!isatty(fd)) fs.closeSync(fd);
    },
  };
}

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
      else reject(stdoutFailure(error));
    });
  });
}

function stdoutFailure({ message }: Error): Failure {
  return new Failure(`cannot write to stdout: ${message}`);
}

/** Something for people: stderr. On a terminal its lines break between words; those that are to be copied begin with a blank, and stay whole. */
export function say(text: string): void {
  const width = process.stderr.isTTY === true ? process.stderr.columns || 80 : Number.POSITIVE_INFINITY;
  const lines = text.split('\n').map((line) => (line.startsWith(' ') ? line : wrapped(line, width)));
  process.stderr.write(`${lines.join('\n')}\n`); // where it is gone, nobody is told
}

/** True where colours may be used on stdout: NO_COLOR and FORCE_COLOR say so where they are not empty, else whether it is a terminal. */
export function hasColour(): boolean {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = process.env;
  if (NO_COLOR !== '') return false;
  if (FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return process.stdout.isTTY === true && TERM !== 'dumb';
}

/** Bold on a terminal, plain elsewhere. */
export function heading(text: string): string {
  return hasColour() ? `\x1b[1m${text}\x1b[22m` : text;
}

/** Yellow on a terminal, plain elsewhere. */
export function warning(text: string): string {
  return hasColour() ? `\x1b[33m${text}\x1b[39m` : text;
}

/** Columns of the terminal; without one, nothing is broken, so that programs find a line a row. */
export function terminalWidth(): number {
  return process.stdout.isTTY === true ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
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

/** `2026-01-31T12:00:00.000Z`, of nanoseconds since the Unix epoch; of what is no time, as in a damaged segment, the number. */
export function formatTime(ns: string): string {
  const date = new Date(Number(BigInt(ns) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${ns} ns` : date.toISOString();
}
