// One process hands tasks to several, and gets the results back: node work-queue.mjs
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachConsumer, attachProducer, createSegment, removeSegment } from 'hermes-ipc';

const [role = 'boss', name = `example-${process.pid}`] = process.argv.slice(2);
const [tasks, results] = [`${name}-tasks`, `${name}-results`];
const WORKERS = 3;
const TASKS = 100;

/** A worker: takes one task after the other until it is told to end. */
async function work() {
  const consumer = attachConsumer(tasks, { group: 'workers', codec: 'json' });
  const producer = attachProducer(results, { codec: 'json' });
  onEnd(() => consumer.detach()); // which ends the loop
  for await (const message of consumer) {
    const { number, deadly } = message.value;
    await sleep(1); // it takes its time
    if (deadly && !message.redelivered) process.kill(process.pid, 'SIGKILL');
    await producer.send({ number, square: number ** 2, again: message.redelivered });
  } // asking for the next task acknowledges this one; if the worker is killed before that, another gets the task
  producer.detach();
}

/** By a signal, or because the parent process is gone. */
function onEnd(end) {
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(event, end);
  process.channel?.unref(); // only what it waits for keeps it alive
  if (process.connected === false) end();
}

/** The boss: starts workers, and another one for each that dies. */
async function demonstrate() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => consumer.detach()); // which ends the loop
  const members = WORKERS + 1; // while another worker does the task of a dead one, that one's place is not free
  createSegment(tasks, { groups: { workers: { shared: true } }, producers: 1, members, capacity: 64 * 1024 });
  createSegment(results, { producers: WORKERS, capacity: 64 * 1024 });
  const producer = attachProducer(tasks, { codec: 'json' });
  const consumer = attachConsumer(results, { codec: 'json' });
  const workers = new Set();
  let isEnding = false;
  const startWorker = () => {
    if (isEnding) return;
    const worker = fork(import.meta.filename, ['worker', name]);
    workers.add(worker);
    worker.once('exit', (_, signal) => {
      workers.delete(worker);
      if (isEnding) return;
      console.log(`a worker ended by ${signal}`);
      setTimeout(startWorker, 100); // not in a hot loop
    });
  };
  for (let i = 0; i < WORKERS; i++) startWorker();

  for (let number = 1; number <= TASKS; number++) await producer.send({ number, deadly: number === 50 });
  const squares = new Map(); // by task: if a worker dies right after its result, the task may be done twice
  for await (const { value } of consumer) {
    squares.set(value.number, value.square);
    if (value.again) console.log(`task ${value.number} was done by another`);
    if (squares.size === TASKS) break;
  }
  const sum = [...squares.values()].reduce((total, square) => total + square, 0);
  console.log(`${squares.size} results of ${TASKS} tasks, sum ${sum}`);

  isEnding = true;
  for (const participant of [producer, consumer]) participant.detach();
  await Promise.all([...workers].map((worker) => worker.kill() && once(worker, 'exit')));
  for (const segment of [tasks, results]) removeSegment(segment);
}

await (role === 'worker' ? work() : demonstrate());
