import { DEATH, type Journal, VISIT } from '../journal.js';

/** Where a life is to end: at one site, just before or just after what is done there, or after so many steps anywhere. */
export interface Doom {
  readonly site: number;
  /** 0 before, 1 after. */
  readonly side: number;
  /** Counts the passes at the site and side; with site -1 of all of them. */
  readonly occurrence: number;
}

/** What a process was at when it died: told from its stack. The order decides. */
export const OPERATIONS = [
  ['detach', /Consumer\.leave|Producer\.detach/],
  ['reap', /reap|vacateIfDead|removeUnfinishedJoins/],
  ['adopt', /Orphans\./],
  ['join', /joinGroup|enterGroup/],
  ['attach', /attach(?:Consumer|Producer)|attach\b/],
  ['claim', /SharedReader\.claim|endOfBatch/],
  ['acknowledge', /acknowledge/],
  ['publish', /LaneWriter|LaneRoom/],
  ['other', /./],
] as const satisfies readonly (readonly [string, RegExp])[];

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
  if (--left === 0) die(site, side);
}

function die(site: number, side: number): void {
  const stack = new Error().stack ?? '';
  note?.(
    DEATH,
    site,
    side,
    OPERATIONS.findIndex(([, pattern]) => pattern.test(stack)),
  );
  process.kill(process.pid, 'SIGKILL');
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
export function beginSteps(journal: Journal, life: number, role: number, end: Doom | undefined): void {
  Error.stackTraceLimit = 50;
  doom = end;
  left = end?.occurrence ?? 0;
  note = (kind, site, side, operation) => journal.append(kind, life, role, site, side, operation);
}
