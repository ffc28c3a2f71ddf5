import { setImmediate, setTimeout } from 'node:timers/promises';
import { attachProducer, type Producer } from '../../src/index.js';
import { attachWhenFree } from '../support/attaching.js';
import { signedPayload } from '../support/numbered-payload.js';
import { sleep } from '../support/pausing.js';
import { Random } from '../support/random.js';
import { report } from '../support/reporting.js';
import { Ledger, MOST_MESSAGES } from './ledger.js';
import { END_TYPE, type ProducerCommand, SEGMENT } from './stress-command.js';

const LONGEST_BURST = 48;
const LONGEST_PAUSE_MS = 3;
/** About as long as falling asleep takes, so that messages come just then. */
const LONGEST_NAP_MS = 0.2;
const REFUSED_MS = 0.2;

interface Shares {
  readonly long: number;
  readonly nap: number;
}

const IN_STEP: Shares = { long: 0.005, nap: 0.2 };
const FREE: Shares = { long: 0.2, nap: 0.3 };

/** Produces until the ledger says stop, then waits until all is handled, and sends one last message. */
export async function produce(command: ProducerCommand): Promise<void> {
  const { directory, idle, life, seed, pace } = command;
  const ledger = Ledger.open(command.ledgerFile);
  const random = new Random(seed);
  const producer = attachWhenFree(() => attachProducer(SEGMENT, { directory, idle }), 'ERR_HERMES_NO_FREE_LANE');
  report('attached');
  let number = 0;
  const room = MOST_MESSAGES / 16; // of all lives of a lane together, there is enough for the ledger
  while (!ledger.isStopped && number < room) {
    const burst = pace === 'in step' ? 1 : 1 + Math.floor(random.fraction() ** 3 * LONGEST_BURST);
    for (let i = 0; i < burst; i++) {
      await publish(producer, signedPayload(life, number++), pace);
      ledger.notePublished();
    }
    if (pace === 'in step') await producer.flush();
    await pause(random, pace === 'in step' ? IN_STEP : FREE);
  }
  while (!ledger.isStopped) await setTimeout(5);
  await producer.flush();
  await producer.send(signedPayload(life, number), { type: END_TYPE });
  report('done', producer.lane);
  await setTimeout(60_000);
}

async function publish(producer: Producer, payload: Uint8Array, pace: ProducerCommand['pace']): Promise<void> {
  if (pace !== 'offer') {
    await producer.send(payload);
    return;
  }
  while (producer.offer(payload) < 0) sleep(REFUSED_MS);
}

/** From nothing to several milliseconds; the thread is blocked, or the event loop turns. */
async function pause(random: Random, { long, nap }: Shares): Promise<void> {
  const choice = random.fraction();
  if (choice < long) await setTimeout(random.fraction() * LONGEST_PAUSE_MS);
  else if (choice < long + nap) sleep(random.fraction() * LONGEST_NAP_MS);
  else await setImmediate();
}
