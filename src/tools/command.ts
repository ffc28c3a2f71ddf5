import type { ArgumentsCamelCase, Argv, InferredOptionTypes, Options, PositionalOptions } from 'yargs';

/** The options that every command has. */
export interface CommonArguments {
  readonly directory?: string | undefined;
}

/** What a command takes, as yargs describes it, by name. */
type Declared = Readonly<Record<string, Options>>;

/** What a command is given for what it declares. */
export type Given<T extends Declared> = CommonArguments & Readonly<ArgumentsCamelCase<InferredOptionTypes<T>>>;

/** One command of the CLI: a file each. It writes nothing but data to stdout. */
interface CommandOf<P extends Declared, O extends Declared> {
  /** Its name and its places, and its other names. */
  readonly command: string | readonly string[];
  readonly describe: string;
  readonly places?: P;
  /** An option for a text or a number needs a value, unless it says otherwise. */
  readonly options?: O;
  /** The commands that follow its name, where it has some. */
  readonly commands?: readonly Command[];
  /** Command lines, with $0 for the program, and what each does. */
  readonly examples: Readonly<Record<string, string>>;
  /** `interrupted` is aborted by SIGINT and SIGTERM: the command then ends cleanly. */
  readonly handler?: (given: Given<P & O>, interrupted: AbortSignal) => void | Promise<void>;
}

/** A command of which nobody knows what it takes. */
export type Command = CommandOf<Declared, Declared>;

/** Only this knows which types the handler's arguments have: those that places and options declare. */
export function defineCommand<const P extends Declared, const O extends Declared>(command: CommandOf<P, O>): Command {
  return command as unknown as Command;
}

/** The place of most commands. */
export const SEGMENT = { segment: { type: 'string', demandOption: true, describe: 'Its name' } } as const;

/** For a command that is told something wrong on its command line: exit code 2. */
export class UsageError extends Error {}

/** For a command that could not do what it was asked. Its message says all that a user needs: exit code 1. */
export class Failure extends Error {}

export function addCommand(yargs: Argv<CommonArguments>, command: Command, interrupted: AbortSignal): void {
  const { places = {}, options = {}, commands = [], examples, handler = () => {} } = command;
  const build = (inner: Argv<CommonArguments>) => {
    // Groups that are named here come in this order in the help, before the common options.
    inner.group([], 'Positionals:').group([], 'Options:');
    for (const [name, place] of Object.entries(places)) inner.positional(name, place as PositionalOptions);
    for (const [name, option] of Object.entries(options))
      inner.option(name, { requiresArg: ['string', 'number'].includes(option.type ?? ''), ...option });
    for (const each of commands) addCommand(inner, each, interrupted);
    if (commands.length > 0)
      inner.demandCommand(1, `Say which one: ${commands.map((each) => each.command).join(' or ')}.`);
    for (const [commandLine, does] of Object.entries(examples)) inner.example(commandLine, does);
    return inner;
  };
  yargs.command(command.command, command.describe, build, (given) => handler(given as never, interrupted));
}

/** What the promise resolves with; undefined if the interruption, of which its work was told, came first. */
export async function untilInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (interrupted.aborted && error === interrupted.reason) return undefined;
    throw error;
  }
}
