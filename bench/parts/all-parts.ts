import type { Part } from './part.js';
import { pingPongPart } from './ping-pong.js';
import { throughputPart } from './throughput.js';

/** In the order in which they run and are reported. */
export const PARTS: readonly Part[] = [throughputPart('one'), throughputPart('batch'), pingPongPart];
