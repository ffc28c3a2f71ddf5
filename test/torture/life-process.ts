import { type ChildProcess, fork } from 'node:child_process';
import type { Exit, Failure } from '../support/program.js';

interface Report {
  readonly kind: string;
  readonly value: unknown;
}

const living = new Set<LifeProcess>();

/** A process of the program `life`: stands by, lives one life, and is gone. */
export class LifeProcess {
  readonly exited: Promise<Exit>;
  isReady = false;
  isGone = false;
  failure: string | undefined;
  onReport: (kind: string, value: unknown) => void = () => {};
  private readonly child: ChildProcess;

  constructor(program: string) {
    this.child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('error', () => {}); // it dies while it is being told something
    this.child.on('message', (message) => this.take(message as Report));
    living.add(this);
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        living.delete(this);
        this.isGone = true;
        resolve({ code, signal });
      });
    });
  }

  command(command: object): void {
    this.tell(command);
  }

  end(): void {
    this.tell('end');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.isGone) this.child.kill(signal);
  }

  private tell(message: object | string): void {
    if (this.child.connected) this.child.send(message, () => {});
  }

  private take({ kind, value }: Report): void {
    if (kind === 'standing by') this.isReady = true;
    else if (kind === 'failed') this.failure = (value as Failure).message;
    else this.onReport(kind, value);
  }
}

/** Kills every process that is left. */
export function killAllLives(): void {
  for (const process of living) process.signal('SIGKILL');
}

/** Stand-bys, started ahead: a start costs some 150 ms of a core. */
export class LifePool {
  private readonly all: LifeProcess[] = [];

  constructor(
    private readonly program: string,
    private readonly size: number,
    private readonly atOnce: number,
  ) {}

  /** Starts what is missing, a few at once; to be called again and again. */
  refill(): void {
    let starting = this.all.filter(({ isReady }) => !isReady).length;
    while (this.all.length < this.size && starting++ < this.atOnce) this.all.push(new LifeProcess(this.program));
  }

  take(): LifeProcess | undefined {
    const index = this.all.findIndex(({ isReady, isGone }) => isReady && !isGone);
    return index === -1 ? undefined : this.all.splice(index, 1)[0];
  }

  get readyCount(): number {
    return this.all.filter(({ isReady }) => isReady).length;
  }
}
