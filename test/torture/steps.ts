import { DEATH, type Journal, STOP, VISIT } from './journal.js';

/** Where a life is to end: at one site, just before or just after its operation, or after a number of steps anywhere. */
export interface Doom {
  readonly site: number;
  /** 0 before, 1 after. */
  readonly side: number;
  /** With site -1: only passes of this operation count, or, with -1, all. */
  readonly operation: number;
  /** Counts the passes. */
  readonly occurrence: number;
  /** Stopped, it waits for SIGCONT, goes on, and is stopped there again some passes later. */
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** What a process was at when it died: told from its stack. The order decides. */
export const OPERATIONS: readonly (readonly [string, RegExp])[] = [
  ['detach', /Consumer\.leave|Producer\.detach/],
  ['reap', /reap|vacateIfDead|removeUnfinishedJoins/],
  ['adopt', /Orphans\./],
  ['join', /joinGroup|enterGroup/],
  ['attach', /attach(?:Consumer|Producer)|attach\b/],
  ['claim', /SharedReader\.claim|endOfBatch/],
  ['acknowledge', /acknowledge/],
  ['publish', /LaneWriter|LaneRoom/],
  ['consume', /Consumer\./],
  ['coordinate', /Coordinator/],
  ['other', /./],
];

const PASSES_BETWEEN_STOPS = 50;

let doom: Doom | undefined;
let left = 0;
let note: ((kind: number, site: number, side: number, operation: number) => void) | undefined;
const visited = new Set<number>();

function pass(site: number, side: number): void {
  if (note === undefined) return;
  if (!visited.has(site)) {
    visited.add(site);
    note(VISIT, site, side, 0);
  }
  if (doom === undefined || (doom.site !== -1 && (doom.site !== site || doom.side !== side))) return;
  if (doom.operation !== -1 && doom.operation !== operationNow()) return;
  if (--left === 0) end(doom, site, side);
}

function end({ signal, occurrence }: Doom, site: number, side: number): void {
  note?.(signal === 'SIGKILL' ? DEATH : STOP, site, side, operationNow());
  left = occurrence + PASSES_BETWEEN_STOPS;
  process.kill(process.pid, signal);
}

function operationNow(): number {
  const stack = new Error().stack ?? '';
  return OPERATIONS.findIndex(([, pattern]) => pattern.test(stack));
}

/** Does what `target` does, with a step before and one after. */
function stepping<T extends object>(target: T, site: number, names: readonly (keyof T)[]): T {
  const entries = names.map((name) => {
    const original = target[name] as (...args: unknown[]) => unknown;
    const call = (...args: unknown[]) => {
      pass(site, 0);
      const result = original.apply(target, args);
      pass(site, 1);
      return result;
    };
    return [name, call];
  });
  return Object.fromEntries(entries) as T;
}

interface Locks {
  tryLock(offset: number): boolean;
  unlock(offset: number): void;
}

const atomicsOf: Atomics[] = [];
const CALLS = ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange', 'compareExchange'] as const;

/** What the instrumented sources call. */
Object.assign(globalThis, {
  tortureStep: {
    pass,
    atomics(site: number): Atomics {
      atomicsOf[site] ??= stepping(Atomics, site, CALLS);
      return atomicsOf[site];
    },
    locks: (site: number, locks: Locks): Locks => stepping(locks, site, ['tryLock', 'unlock']),
  },
});

/** From now on sites are noted, and the process ends where it is doomed to. */
export function beginSteps(journal: Journal, life: number, role: number, chosen: Doom | undefined): void {
  Error.stackTraceLimit = 50;
  doom = chosen;
  left = chosen?.occurrence ?? 0;
  note = (kind, site, side, operation) => journal.append(kind, life, role, site, side, operation);
}
