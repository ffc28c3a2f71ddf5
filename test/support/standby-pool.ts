import { Child } from './program.js';

/**
 * Processes of one program that have loaded everything and wait for their command. Starting one costs some 80 ms,
 * so they are started ahead: then a successor acts within a fraction of a millisecond of its predecessor's death.
 */
export class StandbyPool {
  private readonly ready: Child[] = [];

  constructor(private readonly program: string) {}

  /** Starts as many as are missing to `count`, two at a time, and waits until all stand by. */
  async fill(count: number): Promise<void> {
    while (this.ready.length < count) {
      const started = [Child.start(this.program), Child.start(this.program)];
      await Promise.all(started.map((child) => child.next('standing by')));
      this.ready.push(...started);
    }
  }

  /** One that stands by. Without any left, that is a mistake of the test. */
  take(): Child {
    const child = this.ready.shift();
    if (child === undefined) throw new Error('No process stands by: fill the pool first');
    return child;
  }

  get size(): number {
    return this.ready.length;
  }
}
