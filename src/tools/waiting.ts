import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

const TURNS_BEFORE_SLEEP = 100;
const SLEEP_MS = 1;

/** What a command does while there is nothing to do: some turns of the event loop first, then sleeps of a millisecond. */
export class Waiting {
  private turns = 0;

  /** To be called when there was something to do. */
  reset(): void {
    this.turns = 0;
  }

  async wait(): Promise<void> {
    if (this.turns++ < TURNS_BEFORE_SLEEP) await nextTurn();
    else await sleep(SLEEP_MS);
  }
}
