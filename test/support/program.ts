import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Exit, StartedProcess } from './started-process.js';

/** What a program says to whoever started it: see `reporting.ts`. */
interface Report {
  readonly kind: string;
  readonly value: unknown;
}

/** The report of a program that an error ended. */
export interface Failure {
  readonly message: string;
  readonly code: string | undefined;
}

export interface ProgramOptions {
  readonly args?: readonly string[];
  /** Options of Node. */
  readonly execArgv?: readonly string[];
  /** Another Node. */
  readonly node?: string | undefined;
}

/** A file that runs in a process of its own, is told what to do, and reports. It ends by itself when this process does. */
export class Program extends StartedProcess {
  /** It has loaded everything, and waits for its command. */
  isStandingBy = false;
  /** The message of the error that ended it. */
  failure: string | undefined;
  /** Takes the reports from now on; without it they are kept for `next`. */
  onReport: ((kind: string, value: unknown) => void) | undefined;
  private exit: Exit | undefined;
  private readonly reports: Report[] = [];
  private wakes: (() => void)[] = [];

  private constructor(
    private readonly name: string,
    file: string,
    { args = [], execArgv = [], node = process.execPath }: ProgramOptions,
  ) {
    super(
      fork(file, args, { execPath: node, execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    this.process.on('message', (report) => this.take(report as Report));
    this.exited.then((exit) => {
      this.exit = exit;
      this.wake();
    });
  }

  /** Starts a program of `test/programs` as it was bundled: see `scripts/bundle.js`. */
  static start(name: string, options: ProgramOptions = {}): Program {
    return new Program(name, fileURLToPath(new URL(`../../programs/${name}.js`, import.meta.url)), options);
  }

  /** Starts a file that is not bundled. */
  static startFile(file: string, options: ProgramOptions = {}): Program {
    return new Program(file, file, options);
  }

  /** Gives the program its one command, or tells it something afterwards. */
  command(command: object | string): void {
    if (this.process.connected) this.process.send(command, () => {}); // it may die meanwhile
  }

  /** The next report of a kind, waited for. @throws when the program failed, or ended without it */
  async next<T>(kind: string): Promise<T> {
    for (;;) {
      const index = this.reports.findIndex((report) => report.kind === kind);
      if (index !== -1) return this.reports.splice(index, 1)[0]!.value as T;
      this.checkAlive();
      if (this.exit !== undefined) {
        throw new Error(`${this.name} ended (${this.exit.code ?? this.exit.signal}) before it reported ${kind}`);
      }
      await new Promise<void>((resolve) => this.wakes.push(resolve));
    }
  }

  /** @throws when the program has failed meanwhile */
  checkAlive(): void {
    if (this.failure !== undefined) throw new Error(`${this.name}: ${this.failure}`);
  }

  private take(report: Report): void {
    const { kind, value } = report;
    if (kind === 'standing by') this.isStandingBy = true;
    if (kind === 'failed') this.failure = (value as Failure).message;
    if (this.onReport === undefined) this.reports.push(report);
    else this.onReport(kind, value);
    this.wake();
  }

  private wake(): void {
    const { wakes } = this;
    this.wakes = [];
    for (const wake of wakes) wake();
  }
}
