/** The calls that change shared memory with Atomics; `wait` and `notify` are left alone. */
const STORES = ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange', 'compareExchange'] as const;

type Store = (...args: unknown[]) => unknown;

/** A moment in a program: just before or just after its `step`-th store with Atomics, from 1. */
export interface Moment {
  readonly step: number;
  readonly side: 'before' | 'after';
}

let count = 0;

/** From now on stores are counted, and the process is killed (SIGKILL) at that moment. */
export function dieAt(moment: Moment): void {
  const atomics = Atomics as unknown as Record<(typeof STORES)[number], Store>;
  for (const name of STORES) {
    const original = atomics[name];
    atomics[name] = (...args) => {
      const isLast = ++count === moment.step;
      if (isLast && moment.side === 'before') process.kill(process.pid, 'SIGKILL');
      const result = original(...args);
      if (isLast && moment.side === 'after') process.kill(process.pid, 'SIGKILL');
      return result;
    };
  }
}

/** Stores since `dieAt`. */
export function countedStores(): number {
  return count;
}
