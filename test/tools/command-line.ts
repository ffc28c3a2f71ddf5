import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { scratchDirectory, withoutDoorbells } from '../support/scratch.js';
import { runHere } from './run-here.js';

const HERMES = fileURLToPath(new URL('../../../bin/hermes.js', import.meta.url));

/** What a command left when it was over. */
export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A command that runs; killed with the test. */
export class RunningCommand {
  /** Resolves when it has ended and all that it wrote has been read. */
  readonly ended: Promise<Outcome>;
  /** Whether it has ended by now. */
  hasEnded = false;
  private readonly output: Buffer[] = [];
  /** What it has said on stderr so far. */
  errors = '';

  constructor(readonly process: ChildProcess) {
    process.stdout?.on('data', (chunk: Buffer) => this.output.push(chunk));
    process.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    process.stdin?.on('error', () => {}); // it may end before it has read all
    this.ended = new Promise((resolve) => {
      process.once('close', (code, signal) => {
        this.hasEnded = true;
        resolve({ code, signal, stdout: this.stdout, stderr: this.errors });
      });
    });
    onTestFinished(async () => {
      if (process.exitCode === null && process.signalCode === null) process.kill('SIGKILL');
      process.stdout?.resume();
      await this.ended;
    });
  }

  get pid(): number {
    return this.process.pid!;
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
  kill(signal: NodeJS.Signals): Promise<Outcome> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** The CLI in processes of its own, on segments in a directory that is the running test's own. */
export class CommandLine {
  readonly directory: string = scratchDirectory();

  /** Starts a command; its stdin is open, and its stdout collected, unless the options say otherwise. */
  start(args: readonly string[], options: SpawnOptions = {}): RunningCommand {
    const [command, ...rest] = this.commandFor(args);
    const env = { ...process.env, ...options.env };
    delete env.HERMES_DIR;
    return new RunningCommand(spawn(command!, rest, { stdio: 'pipe', ...options, env }));
  }

  /** Runs a command to its end, with this on its stdin. */
  run(args: readonly string[], input: string | Uint8Array = ''): Promise<Outcome> {
    return this.start(args).end(input);
  }

  /**
   * Runs a command that needs no input in this process, which takes a tenth of the time. For what prepares a test, and
   * for the many cases of one kind: the exit code and the outputs of a real process are asserted where there are few.
   */
  runHere(args: readonly string[]): Promise<Outcome> {
    return runHere(['--directory', this.directory, ...args]);
  }

  /** Program and arguments, for whoever starts it otherwise. */
  commandFor(args: readonly string[]): string[] {
    return [process.execPath, HERMES, '--directory', this.directory, ...args];
  }

  /** The names of the files in the directory, but for doorbells. */
  get files(): string[] {
    return withoutDoorbells(this.directory);
  }
}

/** Waits until something is so; the test's time-out ends what never comes. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

/** One object a line. */
export function jsonLines<T>(output: Buffer | string): T[] {
  const lines = output.toString().split('\n');
  if (lines.pop() !== '') throw new Error('the last line of the JSON has no newline');
  return lines.map((line) => JSON.parse(line) as T);
}
