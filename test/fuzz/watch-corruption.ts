import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CorruptionCounts } from './corruption.js';

const PROGRAM = fileURLToPath(new URL('../programs/corrupt-segments.js', import.meta.url));
/** A run takes milliseconds; the control lock may be waited for some seconds. */
const HANGS_AFTER_MS = 60_000;

export interface CorruptionOutcome {
  /** Null when a run failed. */
  readonly total: CorruptionCounts | null;
  /** What ended it, and the seed of the run to be looked at: `node dist/test/fuzz/corruption-program.js <seed>`. */
  readonly failure: string | null;
}

/** Runs so many seeds in a process of its own, so that a crash and a hang are found, too. */
export async function watchCorruption(first: number, count: number): Promise<CorruptionOutcome> {
  const directory = fs.mkdtempSync('/dev/shm/hermes-test-'); // whatever becomes of the process
  const child = spawn(process.execPath, [PROGRAM, `${first}`, `${count}`, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let seed = 'none';
  let total: CorruptionCounts | null = null;
  let errors = '';
  let isHanging = false;
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const giveUp = () => {
    isHanging = true;
    child.kill('SIGKILL');
  };
  let watchdog = setTimeout(giveUp, HANGS_AFTER_MS);
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(giveUp, HANGS_AFTER_MS);
    if (line.startsWith('total ')) total = JSON.parse(line.slice(6)) as CorruptionCounts;
    else seed = line;
  });
  const ended = await new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  clearTimeout(watchdog);
  fs.rmSync(directory, { recursive: true, force: true });
  if (ended === 'exit 0') return { total, failure: null };
  return { total: null, failure: `${seed}: ${isHanging ? 'a hang' : ended}\n${errors}` };
}
