import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { HOT_METHODS, type HotMethod } from './hot-methods.js';

/** Measures one of the hot methods, in a process of its own so that nothing else has shaped the compiled code. */
export interface HotTask {
  readonly method: HotMethod;
  readonly directory: string;
}

/** Some ten thousand operations each. */
const ROUNDS = 120;
const WARM_UP_ROUNDS = 60;

const task = childTask<HotTask>();
const round = HOT_METHODS[task.method](task.directory);
await awaitStart();
const samples = Array.from({ length: ROUNDS }, round).slice(WARM_UP_ROUNDS);
samples.sort((a, b) => a - b);
finish(samples[samples.length >> 1]!);
