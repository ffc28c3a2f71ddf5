// Requests in one process, answers in another, through two segments: node request-reply.mjs
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { attachConsumer, attachProducer, createSegment, removeSegment } from 'hermes-ipc';

const [role = 'client', name = `example-${process.pid}`] = process.argv.slice(2);
const [requests, replies] = [`${name}-requests`, `${name}-replies`];

/** The server: answers until it is told to end. */
async function serve() {
  const consumer = attachConsumer(requests, { codec: 'json' });
  const producer = attachProducer(replies, { codec: 'json' });
  onEnd(() => consumer.detach()); // which ends the loop
  for await (const { value } of consumer) {
    const { id, text } = value;
    if (text !== '') await producer.send({ id, answer: text.toUpperCase() }); // an empty text gets no answer
  }
  producer.detach();
}

/** By a signal, or because the parent process is gone. */
function onEnd(end) {
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(event, end);
  process.channel?.unref(); // only what it waits for keeps it alive
  if (process.connected === false) end();
}

/** The client. Answers may come in any order: each carries the number of its question. */
class Client {
  #producer = attachProducer(requests, { codec: 'json' });
  #consumer = attachConsumer(replies, { codec: 'json' });
  #waiting = new Map();
  #lastId = 0;
  #listening = this.#listen();

  /** Rejects with the signal's reason if that comes before the answer. */
  ask(text, signal) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => this.#waiting.delete(id) && reject(signal.reason), { once: true });
      this.#waiting.set(id, resolve);
      this.#producer.send({ id, text }, { signal }).catch(reject);
    });
  }

  async #listen() {
    for await (const { value } of this.#consumer) {
      this.#waiting.get(value.id)?.(value.answer); // if it came too late, or twice, nobody waits any more
      this.#waiting.delete(value.id);
    }
  }

  async end() {
    this.#producer.detach();
    this.#consumer.detach();
    await this.#listening;
  }
}

async function demonstrate() {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  for (const segment of [requests, replies]) createSegment(segment, { producers: 1, capacity: 64 * 1024 });
  const server = fork(import.meta.filename, ['server', name]);
  const client = new Client();
  const ask = (text, timeoutMs) =>
    client.ask(text, AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)])).catch((error) => error.name);
  console.log(await Promise.all(['one', 'two', 'three'].map((text) => ask(text, 10_000))));
  console.log(await ask('', 100)); // the server does not answer that
  await client.end();
  server.kill();
  await once(server, 'exit');
  for (const segment of [requests, replies]) removeSegment(segment);
}

await (role === 'server' ? serve() : demonstrate());
