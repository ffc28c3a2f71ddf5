import type { Program } from './program.js';

interface Standby {
  readonly program: Program;
  readonly ready: Promise<unknown>;
}

const STARTED_AT_ONCE = 2;

/**
 * Processes of one program that have loaded everything and wait for their command. Starting one costs some 80 ms of a core,
 * so they are started ahead: then a successor acts within a fraction of a millisecond of its predecessor's death.
 */
export class StandbyPool {
  private all: Standby[] = [];

  constructor(private readonly start: () => Program) {}

  /** Starts the processes that are missing to `count`, that many at once, and does not wait: call it again and again. */
  refill(count: number, atOnce: number = STARTED_AT_ONCE): void {
    this.all = this.all.filter(({ program }) => !program.isGone);
    let starting = this.all.length - this.size;
    while (this.all.length < count && starting++ < atOnce) {
      const program = this.start();
      const ready = program.next('standing by');
      ready.catch(() => {}); // told to whoever waits in `fill`
      this.all.push({ program, ready });
    }
  }

  /** Waits until as many stand by. @throws when one ends before it does */
  async fill(count: number): Promise<void> {
    while (this.size < count) {
      this.refill(count);
      await Promise.race(this.all.filter(({ program }) => !program.isStandingBy).map(({ ready }) => ready));
    }
  }

  /** One that stands by. Without any left, that is a mistake of the test. */
  take(): Program {
    const index = this.all.findIndex(({ program }) => program.isStandingBy && !program.isGone);
    if (index === -1) throw new Error('No process stands by: fill the pool first');
    return this.all.splice(index, 1)[0]!.program;
  }

  /** How many stand by. */
  get size(): number {
    return this.all.filter(({ program }) => program.isStandingBy && !program.isGone).length;
  }
}
