import fs from 'node:fs';
import { isatty } from 'node:tty';
import { Failure } from './command.js';
import { wrapped } from './text-wrap.js';

/** What a write to a pipe gives if its reader has gone, and every write after that. */
const READER_GONE: readonly (string | undefined)[] = ['EPIPE', 'ERR_STREAM_DESTROYED'];

/** The outputs of a command, from its beginning to its end. */
interface Output {
  /** The error of the help, or of another small output that nobody waits for. A reader that has gone is no error. */
  readonly failure: Failure | undefined;
  /** To be called last of all: if the terminal has gone, Node would end by SIGABRT. */
  leaveLostTerminal(): void;
}

/** Keeps the process alive if it loses an output. What goes to stderr is for people only, and a write of data to stdout reports its own errors. */
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
 * Writes data to stdout and waits until the system has taken all of it. Returns false if nobody reads it any more, or if the interruption
 * comes first. @throws Failure if it cannot be written, as on a full disk
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

/** Says something to people, on stderr. On a terminal, lines break between words. Lines that are to be copied begin with a blank, and stay whole. */
export function say(text: string): void {
  const width = process.stderr.isTTY === true ? process.stderr.columns || 80 : Number.POSITIVE_INFINITY;
  const lines = text.split('\n').map((line) => (line.startsWith(' ') ? line : wrapped(line, width)));
  process.stderr.write(`${lines.join('\n')}\n`); // if stderr has gone, nobody is told
}

/** True if stdout may have colours. NO_COLOR and FORCE_COLOR decide if they are not empty, otherwise whether it is a terminal. */
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

/** Columns of the terminal. Without a terminal no line is broken, so that programs find each row on one line. */
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

/** Nanoseconds since the Unix epoch as `2026-01-31T12:00:00.000Z`. What is no time, as in a damaged segment, stays a number. */
export function formatTime(ns: string): string {
  const date = new Date(Number(BigInt(ns) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${ns} ns` : date.toISOString();
}
