import { type HotWords, hotWordsOf } from '../../src/ring/hot-words.js';

/** The calls that change shared memory with Atomics; `wait` and `notify` are left alone. */
const STORES = ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange', 'compareExchange'] as const;

type Store = (...args: unknown[]) => unknown;

/** What the ring gives a module of WebAssembly. */
interface Imports {
  readonly '': { readonly memory: { readonly buffer: SharedArrayBuffer } };
}

/** A moment in a program: just before or just after its `step`-th store with Atomics, from 1. */
export interface Moment {
  readonly step: number;
  readonly side: 'before' | 'after';
}

let count = 0;
let chosen: Moment | undefined;

const atomics = Atomics as unknown as Record<(typeof STORES)[number], Store>;
for (const name of STORES) atomics[name] = counted(atomics[name]);

// The hot path stores by a module of WebAssembly, which is instantiated when a segment is attached: after this. Here it takes the same
// steps in JavaScript, one by one.
const { WebAssembly } = globalThis as unknown as { WebAssembly: { Instance: unknown } };
WebAssembly.Instance = class {
  readonly exports: HotWords;

  constructor(_module: object, { '': { memory } }: Imports) {
    this.exports = hotWordsOf(new Int32Array(memory.buffer));
  }
};

function counted(store: Store): Store {
  return (...args) => {
    if (chosen === undefined) return store(...args);
    const isLast = ++count === chosen.step;
    if (isLast && chosen.side === 'before') process.kill(process.pid, 'SIGKILL');
    const result = store(...args);
    if (isLast && chosen.side === 'after') process.kill(process.pid, 'SIGKILL');
    return result;
  };
}

/** From now on stores are counted, and the process is killed (SIGKILL) at that moment. */
export function dieAt(moment: Moment): void {
  chosen = moment;
}

/** Stores since `dieAt`. */
export function countedStores(): number {
  return count;
}
