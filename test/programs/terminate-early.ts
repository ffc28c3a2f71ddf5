import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Terminates workers at random moments of their first calls, after each has imported Hermes. Arguments: a directory with the segment `slots`, how many. */
const [, , directory, rounds] = process.argv;
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
  const endNs = process.hrtime.bigint() + BigInt(Math.floor(Math.random() * 20e6));
  while (process.hrtime.bigint() < endNs);
  await worker.terminate();
}
console.log('survived');
