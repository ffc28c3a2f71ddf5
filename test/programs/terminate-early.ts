import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Random } from '../support/random.js';

/** Terminates workers at random moments of their first calls, after each has imported Hermes. Arguments: a directory with the segment `slots`, how many, a seed. */
const [, , directory, rounds, seed] = process.argv;
const random = new Random(Number(seed));
const hermes = new URL('../../src/index.js', import.meta.url).href;
const source = `
  const { parentPort } = require('node:worker_threads');
  import(${JSON.stringify(hermes)}).then(({ attachProducer }) => {
    parentPort.postMessage('imported');
    attachProducer('slots', { directory: ${JSON.stringify(directory)} });
    setInterval(() => {}, 1000);
  });`;

for (let round = 0; round < Number(rounds); round++) {
  const worker = new Worker(source, { eval: true });
  await once(worker, 'message');
  const endNs = process.hrtime.bigint() + BigInt(random.below(20e6));
  while (process.hrtime.bigint() < endNs);
  await worker.terminate();
}
console.log('survived');
