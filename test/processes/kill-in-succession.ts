import { setTimeout } from 'node:timers/promises';
import type { Program } from '../support/program.js';
import { randomMoments } from '../support/random-moments.js';
import type { StandbyPool } from '../support/standby-pool.js';

/** Successors that stand by at the beginning of each series, so that none is waited for within it. */
const SERIES = 20;
const DEFAULT_LONGEST_LIFE_MS = 15;
/** Every fourth is killed on a moment's notice, not knowing how far its attaching has got. */
const LONGEST_START_MS = 6;

export interface KillingPlan {
  readonly pool: StandbyPool;
  /** Processes that are started, and killed. */
  readonly kills: number;
  readonly commandOf: (generation: number) => object;
  /** From when it has attached. Default 15. */
  readonly longestLifeMs?: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * Kills one process after the other: up to `longestLifeMs` after it has attached, or 0–6 ms after it was told to. Its successor
 * attaches at once, while the kernel is still tearing the former one down. All of them are gone at the end.
 */
export async function killInSuccession(plan: KillingPlan): Promise<void> {
  const { pool, kills, commandOf, signal, longestLifeMs = DEFAULT_LONGEST_LIFE_MS } = plan;
  const moments = randomMoments();
  const killed: Promise<unknown>[] = [];
  let current: Program | undefined;
  const killCurrent = () => {
    if (current === undefined) return;
    current.kill();
    killed.push(current.exited);
  };
  for (let generation = 0; generation < kills && !signal.aborted; generation++) {
    if (pool.size === 0) await pool.fill(Math.min(SERIES, kills - generation));
    const successor = pool.take();
    killCurrent();
    successor.command(commandOf(generation));
    current = successor;
    if (generation % 4 === 3) {
      await setTimeout(moments.fraction() * LONGEST_START_MS);
    } else {
      await successor.next('attached');
      await setTimeout(moments.fraction() * longestLifeMs);
    }
    current.checkAlive();
  }
  killCurrent();
  await Promise.all(killed); // of two that die at a time, either may be the last
}
