import { monotonicMs } from '../clock.js';
import type { HermesError } from '../index.js';
import { whenReadyAsync } from '../participants/attach-when-ready.js';
import { UsageError, untilInterrupted } from './command.js';
import { say } from './output.js';

/** The option of commands that attach. */
export const WAIT_OPTION = {
  type: 'string',
  requiresArg: false,
  describe:
    'Wait for the segment, and for a place in it: at most this long, such as 500ms, 10s or 2m; without a time, for ever',
} as const;

/** Milliseconds of waiting after which a command says so. */
const SILENCE_MS = 1000;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Attaches as soon as there is a segment, and a place in it. Undefined if it was interrupted before. */
export async function attachWithin<T extends object>(
  wait: string | undefined,
  attach: () => T,
  interrupted: AbortSignal,
): Promise<T | undefined> {
  const waitMs = wait === undefined ? 0 : parseWait(wait);
  const startMs = monotonicMs();
  let hasSpoken = false;
  const onWait = ({ message }: HermesError) => {
    if (hasSpoken || monotonicMs() - startMs < SILENCE_MS) return;
    hasSpoken = true;
    say(`Waiting${wait === '' ? '' : ` for at most ${wait}`}: ${message}.`);
  };
  return untilInterrupted(whenReadyAsync({ waitMs, signal: interrupted }, attach, onWait), interrupted);
}

/** Reads a time and returns milliseconds. An empty text means no limit. @throws UsageError */
function parseWait(text: string): number | undefined {
  if (text === '') return undefined;
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor !== undefined) return Number(amount) * factor;
  throw new UsageError(
    `wait is ${text}: give a time with its unit, such as 500ms, 10s or 2m; or, to wait without end, --wait as the last word`,
  );
}
