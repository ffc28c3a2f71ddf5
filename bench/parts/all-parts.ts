import { pingPongPart, throughputPart } from './comparison.js';
import { crowdsPart } from './crowds.js';
import { batchSizePart, payloadPart } from './curves.js';
import { lanesPart } from './lanes.js';
import { memoryPart } from './memory.js';
import { microPart } from './micro.js';
import { optionsPart } from './options.js';
import type { Part } from './part.js';
import { ratePart } from './rate.js';

/** In the order in which they run and are reported. */
export const PARTS: readonly Part[] = [
  throughputPart('one'),
  throughputPart('batch'),
  pingPongPart,
  payloadPart,
  batchSizePart,
  crowdsPart,
  lanesPart,
  ratePart,
  optionsPart,
  microPart,
  memoryPart,
];
