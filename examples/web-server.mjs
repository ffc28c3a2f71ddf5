// A web server that hands work to a pool of processes: node web-server.mjs, or with --demo to see what it answers
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { attachConsumer, attachProducer, createSegment, removeSegment } from 'hermes-ipc';

const [role, name = `example-${process.pid}`] = process.argv.slice(2);
const [jobs, answers] = [`${name}-jobs`, `${name}-answers`];
const WORKERS = 2;

/** A process of the pool: computes what would block the server's event loop. */
async function work() {
  const consumer = attachConsumer(jobs, { group: 'pool', codec: 'json' });
  const producer = attachProducer(answers, { codec: 'json' });
  onEnd(() => consumer.detach()); // which ends the loop
  for await (const { value } of consumer) await producer.send({ id: value.id, count: primesBelow(value.limit) });
  producer.detach();
}

/** By a signal, or because the parent process is gone. */
function onEnd(end) {
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(event, end);
  process.channel?.unref(); // only what it waits for keeps it alive
  if (process.connected === false) end();
}

function primesBelow(limit) {
  const isComposite = new Uint8Array(limit);
  let count = 0;
  for (let n = 2; n < limit; n++) {
    if (!isComposite[n]) count++;
    for (let multiple = n * n; !isComposite[n] && multiple < limit; multiple += n) isComposite[multiple] = 1;
  }
  return count;
}

async function serve(isDemonstration) {
  const close = () => server.close();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, close);
  createSegment(jobs, { groups: { pool: { shared: true } }, producers: 1, members: WORKERS + 1, capacity: 64 * 1024 });
  createSegment(answers, { producers: WORKERS, capacity: 64 * 1024 });
  const producer = attachProducer(jobs, { codec: 'json' });
  const consumer = attachConsumer(answers, { codec: 'json' });
  const pool = new Set();
  const startWorker = () => {
    if (!server.listening) return;
    const worker = fork(import.meta.filename, ['worker', name]);
    pool.add(worker.once('exit', () => pool.delete(worker) && setTimeout(startWorker, 100))); // not in a hot loop
  };

  const waiting = new Map(); // by number: the response that waits for the answer
  let lastId = 0;
  const server = createServer(async (request, response) => {
    const limit = Number(request.url.slice(1));
    if (!(limit >= 0 && limit <= 1e7)) return response.writeHead(400).end('Ask for /1000: primes below 1000\n');
    const id = ++lastId;
    const gone = new AbortController();
    response.once('close', () => waiting.delete(id) && gone.abort()); // answered, or nobody waits for it any more
    response.setTimeout(10_000, () => response.writeHead(504).end());
    waiting.set(id, response);
    await producer.send({ id, limit }, { signal: gone.signal }).catch((error) => response.destroy(error));
  });
  const { port } = await once(server.listen(0, '127.0.0.1'), 'listening').then(() => server.address());
  for (let i = 0; i < WORKERS; i++) startWorker();
  if (isDemonstration) demonstrate(`http://127.0.0.1:${port}`).then(close, close);
  else console.log(`http://127.0.0.1:${port}/1000`);
  server.once('close', () => consumer.detach()); // which ends the loop
  for await (const { value } of consumer) waiting.get(value.id)?.end(`${value.count}\n`);

  producer.detach();
  await Promise.all([...pool].map((worker) => worker.kill() && once(worker, 'exit')));
  for (const segment of [jobs, answers]) removeSegment(segment);
}

async function demonstrate(address) {
  const get = async (path) => `${path}: ${await (await fetch(address + path)).text()}`;
  for (const line of await Promise.all(['/100', '/1000', '/1000000', '/many'].map(get))) process.stdout.write(line);
}

await (role === 'worker' ? work() : serve(role === '--demo'));
