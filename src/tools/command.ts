import type { Argv, InferredOptionTypes, Options, PositionalOptions } from 'yargs';

/** The options that every command has. */
export interface CommonArguments {
  readonly directory?: string | undefined;
}

/** What a command takes, by name, as yargs describes it. */
type Declared = Readonly<Record<string, Options>>;

type Nothing = Readonly<Record<never, Options>>;

/** What a handler gets: a value for each place and each option. */
export type Given<T extends Declared> = CommonArguments & {
  readonly [name in keyof T & string as CamelCase<name>]: InferredOptionTypes<T>[name];
};

type CamelCase<T extends string> = T extends `${infer Word}-${infer Rest}`
  ? `${Word}${Capitalize<CamelCase<Rest>>}`
  : T;

/** One command of the CLI, in a file of its own. It writes nothing but data to stdout. */
interface CommandOf<P extends Declared, O extends Declared> {
  /** Its name with its places. If it has other names, they follow. */
  readonly command: string | readonly string[];
  readonly describe: string;
  readonly places?: P;
  /** An option for a text or a number needs a value, unless it says otherwise. */
  readonly options?: O;
  /** The commands that may follow its name, if it has any. */
  readonly commands?: readonly Command[];
  /** Command lines, with $0 for the program, and what each does. */
  readonly examples: Readonly<Record<string, string>>;
  /** `interrupted` is aborted by SIGINT and SIGTERM: the command then ends cleanly. */
  readonly handler?: (given: Given<P & O>, interrupted: AbortSignal) => void | Promise<void>;
}

/** A command, whatever it takes. */
export type Command = CommandOf<Declared, Declared>;

/** Makes a command. The arguments of its handler have the types that its places and options declare. */
export function defineCommand<const P extends Declared = Nothing, const O extends Declared = Nothing>(
  command: CommandOf<P, O>,
): Command {
  return command as unknown as Command;
}

/** The place that most commands have. */
export const SEGMENT = { segment: { type: 'string', demandOption: true, describe: 'Its name' } } as const;

/** Something on the command line is wrong: exit code 2. */
export class UsageError extends Error {}

/** A command could not do what it was asked. The message says all that a user needs: exit code 1. */
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
      inner.demandCommand(1, `Say which one: ${listed(commands.map((each) => `${each.command}`))}.`);
    for (const [commandLine, does] of Object.entries(examples)) inner.example(commandLine, does);
    return inner;
  };
  yargs.command(command.command, command.describe, build, (given) => handler(given as never, interrupted));
}

/** `a, b or c` */
function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), names.at(-1)].join(' or ');
}

/** Returns what the promise resolves with, or undefined if the interruption came first. The work must know of the interruption, too. */
export async function untilInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (interrupted.aborted && error === interrupted.reason) return undefined;
    throw error;
  }
}
