import { parentPort, workerData } from 'node:worker_threads';
import { attachConsumer, attachProducer, type Consumer, type Producer } from '../../src/index.js';
import { carriesNumber, numberedPayload } from '../support/numbered-payload.js';
import { sleep } from '../support/pausing.js';

/** A Worker that asks and gets answers, or one that answers each question with its own bytes. */
export interface Exchange {
  readonly role: 'asks' | 'answers';
  readonly directory: string;
  readonly questions: string;
  readonly answers: string;
  readonly count: number;
}

const IDLE_MS = 0.05;
/** Questions that are under way at the same time. */
const MOST_UNANSWERED = 100;

const { role, directory, questions, answers, count } = workerData as Exchange;

/** How many answers came, each to its question and in order. */
function ask(producer: Producer, consumer: Consumer): number {
  let asked = 0;
  let answered = 0;
  while (answered < count) {
    if (asked < count && asked - answered < MOST_UNANSWERED && producer.offer(numberedPayload(0, asked)) > 0) asked++;
    const polled = consumer.poll((message) => {
      if (!carriesNumber(message, 0, answered)) throw new Error(`answer ${answered} is not its question`);
      answered++;
    });
    if (polled === 0) sleep(IDLE_MS);
  }
  return answered;
}

/** How many questions were answered. */
function answer(consumer: Consumer, producer: Producer): number {
  let answered = 0;
  while (answered < count) {
    const polled = consumer.poll((message) => {
      while (producer.offer(message.copy()) < 0) sleep(IDLE_MS);
      answered++;
    });
    if (polled === 0) sleep(IDLE_MS);
  }
  return answered;
}

using out = attachProducer(role === 'asks' ? questions : answers, { directory });
using back = attachConsumer(role === 'asks' ? answers : questions, { directory });
parentPort!.postMessage(role === 'asks' ? ask(out, back) : answer(back, out));
