import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a program says to the test that started it: see `programs/reporting.ts`. */
interface Report {
  readonly kind: string;
  readonly value: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The report of a program that an error ended. */
export interface Failure {
  readonly message: string;
  readonly code: string | undefined;
}

const living = new Set<Child>();

/** A program of `programs/`, here or in `stress`, in a process of its own. */
export class Child {
  readonly pid: number;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<Exit>;
  private readonly reports: Report[] = [];
  private exit: Exit | undefined;
  private wake: () => void = () => {};

  private constructor(
    private readonly program: string,
    private readonly process: ChildProcess,
  ) {
    this.pid = process.pid!;
    process.on('message', (report) => this.take(report as Report));
    this.exited = new Promise((resolve) => {
      process.once('exit', (code, signal) => {
        living.delete(this);
        this.exit = { code, signal };
        this.wake();
        resolve(this.exit);
      });
    });
    living.add(this);
  }

  /** Starts `<program>.js` as it was bundled (see `scripts/bundle.js`); `execArgv` are options of Node, and `node` is another one. It ends by itself when this process does. */
  static start(program: string, execArgv: readonly string[] = [], node: string = process.execPath): Child {
    const file = fileURLToPath(new URL(`../../programs/${program}.js`, import.meta.url));
    const child = fork(file, [], {
      execPath: node,
      execArgv: [...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new Child(program, child);
  }

  /** Gives the program its one command. */
  command(command: object): void {
    if (this.process.connected) this.process.send(command);
  }

  /** The next report of a kind, waited for. @throws when the program failed, or ended without it */
  async next<T>(kind: string): Promise<T> {
    for (;;) {
      const index = this.reports.findIndex((report) => report.kind === kind);
      if (index !== -1) return this.reports.splice(index, 1)[0]!.value as T;
      const failed = this.reports.find((report) => report.kind === 'failed');
      if (failed !== undefined) throw new Error(`${this.program}: ${(failed.value as Failure).message}`);
      if (this.exit !== undefined) {
        throw new Error(`${this.program} ended (${this.exit.code ?? this.exit.signal}) before it reported ${kind}`);
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** @throws when the program has failed meanwhile */
  checkAlive(): void {
    const failed = this.reports.find((report) => report.kind === 'failed');
    if (failed !== undefined) throw new Error(`${this.program}: ${(failed.value as Failure).message}`);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.exit === undefined) process.kill(this.pid, signal);
  }

  /** SIGKILL; returns at once, while the process may still be dying. */
  kill(): void {
    this.signal('SIGKILL');
  }

  private take(report: Report): void {
    this.reports.push(report);
    this.wake();
  }
}

/** Kills, by PID, every child that is left, and waits until they are gone. */
export async function endAllChildren(): Promise<void> {
  const left = [...living];
  for (const child of left) child.kill();
  await Promise.all(left.map((child) => child.exited));
}
