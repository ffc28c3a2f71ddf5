import { Program } from '../support/program.js';
import { makeDirectory, removeDirectory } from '../support/segment-directory.js';
import type { CorruptionCounts } from './corruption.js';

/** A run takes milliseconds; the control lock may be waited for some seconds. */
const HANGS_AFTER_MS = 60_000;

export interface CorruptionOutcome {
  /** Null when a run failed. */
  readonly total: CorruptionCounts | null;
  /** What ended it, and the seed of the run to be looked at: `node dist/test/programs/corrupt-segments.js <seed>`. */
  readonly failure: string | null;
}

/** Runs that many seeds in a process of its own, so that a crash or a hang is found, too. */
export async function watchCorruption(first: number, count: number): Promise<CorruptionOutcome> {
  const directory = makeDirectory(); // whatever becomes of the process
  const program = Program.start('corrupt-segments', { args: [`${first}`, `${count}`, directory] });
  let seed = 'none';
  let total: CorruptionCounts | null = null;
  let isHanging = false;
  const giveUp = () => {
    isHanging = true;
    program.kill();
  };
  let watchdog = setTimeout(giveUp, HANGS_AFTER_MS);
  program.onReport = (kind, value) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(giveUp, HANGS_AFTER_MS);
    if (kind === 'seed') seed = `seed ${value}`;
    else if (kind === 'total') total = value as CorruptionCounts;
  };
  const { code, signal } = await program.exited;
  clearTimeout(watchdog);
  removeDirectory(directory);
  if (code === 0) return { total, failure: null };
  const ended = isHanging ? 'a hang' : (signal ?? `exit ${code}`);
  return { total: null, failure: `${seed}: ${ended}\n${program.failure ?? ''}` };
}
