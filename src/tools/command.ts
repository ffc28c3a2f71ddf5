import type { Argv } from 'yargs';

/** The options that every command has. */
export interface CommonArguments {
  readonly directory?: string | undefined;
}

/** One command of the CLI: a file each. What it writes to stdout is data alone. */
export interface Command<T> {
  readonly command: string | readonly string[];
  readonly describe: string;
  readonly builder: (yargs: Argv<CommonArguments>, interrupted: AbortSignal) => Argv<T>;
  /** `interrupted` is set off by SIGINT and SIGTERM: end cleanly then. */
  readonly handler: (argv: T, interrupted: AbortSignal) => void | Promise<void>;
}

/** For a command that is told something wrong on its command line: exit code 2. */
export class UsageError extends Error {}

/** For a command that could not do what it was asked; its message says all that a user needs: exit code 1. */
export class Failure extends Error {}

export function addCommand<T>(yargs: Argv<CommonArguments>, command: Command<T>, interrupted: AbortSignal): void {
  yargs.command<T>(
    command.command,
    command.describe,
    // Groups that are named here come in this order in the help, before the common options.
    (argv) =>
      command.builder(argv.group([], 'Positionals:').group([], 'Options:') as Argv<CommonArguments>, interrupted),
    (argv) => command.handler(argv as T, interrupted),
  );
}

/** What the promise resolves with; undefined when the interruption, which its work was told of, came first. */
export async function untilInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (interrupted.aborted && error === interrupted.reason) return undefined;
    throw error;
  }
}
