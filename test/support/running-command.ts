import { type SpawnOptions, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { type Exit, StartedProcess } from './started-process.js';

/** What a command left when it was over. */
export interface Outcome extends Exit {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A command that runs, and whose output is collected; killed with the test. */
export class RunningCommand extends StartedProcess {
  /** Resolves when it has ended and all that it wrote has been read. */
  readonly ended: Promise<Outcome>;
  /** Whether it has ended by now. */
  hasEnded = false;
  private readonly output: Buffer[] = [];
  /** What it has said on stderr so far. */
  errors = '';

  private constructor(command: string, args: readonly string[], options: SpawnOptions) {
    super(spawn(command, args, { stdio: 'pipe', ...options }));
    const { process } = this;
    process.stdout?.on('data', (chunk: Buffer) => this.output.push(chunk));
    process.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    process.stdin?.on('error', () => {}); // it may end before it has read all
    this.ended = this.exited.then((exit) => {
      this.hasEnded = true;
      return { ...exit, stdout: this.stdout, stderr: this.errors };
    });
    onTestFinished(async () => {
      this.signal('SIGKILL');
      process.stdout?.resume();
      await this.ended;
    });
  }

  /** Starts it; all of its stdin, stdout and stderr are pipes, unless the options say otherwise. */
  static start(command: string, args: readonly string[], options: SpawnOptions = {}): RunningCommand {
    return new RunningCommand(command, args, options);
  }

  /** What it has written so far. */
  get stdout(): Buffer {
    return Buffer.concat(this.output);
  }

  /** Writes to its stdin. */
  write(data: string | Uint8Array): void {
    this.process.stdin!.write(data);
  }

  /** Writes the last of its stdin. */
  end(data: string | Uint8Array = ''): Promise<Outcome> {
    this.process.stdin!.end(data);
    return this.ended;
  }

  /** Sends a signal; the outcome, if that ends it. */
  override kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Outcome> {
    this.signal(signal);
    return this.ended;
  }
}
