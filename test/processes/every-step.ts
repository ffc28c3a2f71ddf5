import { expect } from 'vitest';
import type { DieAtStep } from '../programs/die-at-step.js';
import { Program } from '../support/program.js';
import { StandbyPool } from '../support/standby-pool.js';

const NEVER = Number.MAX_SAFE_INTEGER;

/** A role that is lived again and again. */
export interface Lives extends Omit<DieAtStep, 'moment'> {
  /** Makes a fresh start before each life. */
  prepare(): void;
  /** Looks at what the life has left. */
  check(): void | Promise<void>;
}

/**
 * Lets a process live its role once to its end, and then once for each moment at which it can die: before and after
 * each store to shared memory. How many stores there are.
 */
export async function dieAtEveryStep({ prepare, check, ...command }: Lives): Promise<number> {
  const pool = new StandbyPool(() => Program.start('die-at-step'));
  const live = async (step: number, side: 'before' | 'after'): Promise<number> => {
    prepare();
    if (pool.size === 0) await pool.fill(2);
    const child = pool.take();
    child.command({ ...command, moment: { step, side } } satisfies DieAtStep);
    const stores = step === NEVER ? await child.next<number>('survived') : 0;
    const { signal } = await child.exited;
    child.checkAlive();
    expect(signal).toBe(step === NEVER ? null : 'SIGKILL');
    await check();
    return stores;
  };
  const steps = await live(NEVER, 'before');
  for (let step = 1; step <= steps; step++) {
    await live(step, 'before');
    await live(step, 'after');
  }
  return steps;
}
