import type { ChildProcess } from 'node:child_process';

/** How a process ended. */
export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const living = new Set<StartedProcess>();

/**
 * A process that the tests have started, whatever it runs: known until it is gone, so that none is left behind. What it
 * runs, and how it talks, is told by those that extend this: `Program`, `Child` and `RunningCommand`.
 */
export class StartedProcess {
  readonly pid: number;
  /** Resolves when the process is gone and all that it has said has been taken in; never rejects. */
  readonly exited: Promise<Exit>;
  /** The process is gone; what it has said may still be under way. */
  isGone = false;

  constructor(readonly process: ChildProcess) {
    this.pid = process.pid!;
    living.add(this);
    process.on('error', (error) => {
      if (process.pid === undefined) throw error; // otherwise it died while it was told something
    });
    process.once('exit', () => {
      living.delete(this);
      this.isGone = true;
    });
    this.exited = new Promise((resolve) => {
      process.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Sends a signal, unless it is gone. */
  signal(signal: NodeJS.Signals): void {
    if (!this.isGone) this.process.kill(signal);
  }

  /** Sends a signal that ends it, and waits until it has ended. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.signal(signal);
    return this.exited;
  }
}

/** Kills, by PID, every process that is left, and waits until they are gone. */
export async function endAllProcesses(): Promise<void> {
  await Promise.all([...living].map((process) => process.kill()));
}

/** The same at once, for a process that is about to end. */
export function killAllProcesses(): void {
  for (const process of living) process.signal('SIGKILL');
}
