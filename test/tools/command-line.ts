import type { SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Outcome, RunningCommand } from '../support/running-command.js';
import { scratchDirectory, withoutDoorbells } from '../support/scratch.js';
import { runHere } from './run-here.js';

const HERMES = fileURLToPath(new URL('../../../bin/hermes.js', import.meta.url));

/** The CLI in processes of its own, on segments in a directory that is the running test's own. */
export class CommandLine {
  readonly directory: string = scratchDirectory();

  /** Starts a command; its stdin is open, and its stdout collected, unless the options say otherwise. */
  start(args: readonly string[], options: SpawnOptions = {}): RunningCommand {
    const [command, ...rest] = this.commandFor(args);
    const env = { ...process.env, ...options.env };
    delete env.HERMES_DIR;
    return RunningCommand.start(command!, rest, { ...options, env });
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

/** One object a line. */
export function jsonLines<T>(output: Buffer | string): T[] {
  const lines = output.toString().split('\n');
  if (lines.pop() !== '') throw new Error('the last line of the JSON has no newline');
  return lines.map((line) => JSON.parse(line) as T);
}
