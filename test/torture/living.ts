import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HermesError } from '../../src/index.js';
import { sleep } from '../support/pausing.js';
import { Random } from '../support/random.js';
import { report } from '../support/reporting.js';
import { Journal } from './journal.js';
import { commonTimeMs, type LifeCommand } from './life-command.js';

const PASSING = ['ERR_HERMES_BUSY', 'ERR_HERMES_NO_FREE_MEMBER', 'ERR_HERMES_NO_FREE_LANE', 'ERR_HERMES_NO_FREE_GROUP'];
const RETRY_MS = 3;

/** What the roles have in common: chance, the end, journals, patience. */
export class Living {
  readonly random: Random;
  isOver = false;

  constructor(readonly command: LifeCommand) {
    this.random = new Random(command.seed);
    process.on('message', (message) => {
      this.isOver ||= message === 'end';
    });
  }

  journal(name: string): Journal {
    return new Journal(path.join(this.command.journals, name));
  }

  /** Attaches as soon as there is a place; undefined when the life is over before that. */
  async patiently<T>(attach: () => T): Promise<T | undefined> {
    while (!this.isOver) {
      try {
        const attached = attach();
        report('attached', commonTimeMs());
        return attached;
      } catch (error) {
        if (!(error instanceof HermesError) || !PASSING.includes(error.code)) throw error;
        await setTimeout(RETRY_MS);
      }
    }
    return undefined;
  }

  /** Blocks the thread now and then, for up to 2 ms, so that it is killed there as well. */
  dawdle(): void {
    if (this.random.fraction() < 0.03) sleep(2 * this.random.fraction());
  }
}
