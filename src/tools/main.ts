import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import yargs, { type Argv, type MiddlewareFunction } from 'yargs';
import { HermesError, type HermesErrorCode } from '../errors.js';
import { type CommonArguments, Failure, UsageError } from './command.js';
import { asGiven, checkArguments, type Declarations, END_OF_OPTIONS, wordsForYargs } from './command-line.js';
import { addCommands } from './commands.js';
import { say, watchOutput } from './output.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** Errors that say that the command line was wrong. */
const USAGE_CODES: readonly HermesErrorCode[] = ['ERR_HERMES_INVALID_NAME', 'ERR_HERMES_INVALID_OPTION'];

const TOO_FEW_ARGUMENTS = 'An argument is missing: got %s, need at least %s.';

/** What is said instead of some of yargs's own words. */
const WORDS = {
  'Not enough non-option arguments: got %s, need at least %s': { one: TOO_FEW_ARGUMENTS, other: TOO_FEW_ARGUMENTS },
  'Not enough arguments following: %s': 'A value is missing after --%s.',
  'Did you mean %s?': 'There is no such command. Did you mean %s?',
};

/** Runs the CLI with the arguments after the program's name. The exit code: 0, 1 failure, 2 usage. */
export async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  // Also when the terminal has gone, unless the command has another use for it.
  const hangUp = () => process.listenerCount('SIGHUP') === 1 && interrupt();
  const output = watchOutput();
  const crash = (error: unknown) => {
    const code = report(error);
    output.leaveLostTerminal();
    process.exit(code);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', hangUp).on('uncaughtException', crash);
  let code = await run(args, interruption.signal);
  await nextTurn(); // in which a write is told of that nobody has waited for
  if (code === 0 && output.failure !== undefined) code = report(output.failure);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', hangUp).off('uncaughtException', crash);
  output.leaveLostTerminal();
  // A write to a reader that stands still would keep the process alive.
  if (interruption.signal.aborted) process.exit(code);
  return code;
}

async function run(args: readonly string[], interrupted: AbortSignal): Promise<number> {
  try {
    await (await program(args, interrupted)).parseAsync();
    return 0;
  } catch (error) {
    return report(error);
  }
}

async function program(args: readonly string[], interrupted: AbortSignal): Promise<Argv<CommonArguments>> {
  const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };
  const cli = yargs(wordsForYargs(args))
    .scriptName('hermes')
    .usage('$0 <command>\n\nMessages between the processes of this machine, through shared memory.')
    .option('directory', {
      type: 'string',
      requiresArg: true,
      describe: 'Where the segments are [default: $HERMES_DIR, or /dev/shm/hermes-<uid>]',
    })
    .version(version)
    .help()
    .alias({ help: 'h', version: 'v' })
    .option(END_OF_OPTIONS, { type: 'boolean', hidden: true })
    .group(['directory', 'help', 'version'], 'Common options:')
    .demandCommand(1, 'Give a command.')
    .recommendCommands()
    .strict()
    .updateStrings(WORDS as object as Record<string, string>) // its type knows no plurals
    .parserConfiguration({ 'dot-notation': false, 'parse-positional-numbers': false })
    .middleware(
      ((argv: Record<string, unknown>, declarations: Declarations) =>
        checkArguments(args, argv, declarations)) as unknown as MiddlewareFunction, // its type knows one argument
      true,
    )
    .exitProcess(false)
    .detectLocale(false) // what Hermes itself says is English
    .wrap(Math.min(100, process.stdout.columns || 100))
    .epilogue('hermes <command> --help explains a command.')
    .fail((message, error) => {
      throw error === undefined || error.name === 'YError' ? new UsageError(asGiven(message)) : error;
    });
  await addCommands(cli, args, interrupted);
  return cli.completion('completion', 'Print a completion script: hermes completion >> ~/.bashrc');
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    say(`hermes: ${error.message}`);
    say('hermes --help, or hermes <command> --help, explains the usage.');
    return EXIT_USAGE;
  }
  if (error instanceof HermesError) {
    say(`hermes: ${error.code}: ${error.message}`);
    return USAGE_CODES.includes(error.code) ? EXIT_USAGE : EXIT_FAILURE;
  }
  if (error instanceof Failure) {
    say(`hermes: ${error.message}`);
    return EXIT_FAILURE;
  }
  say(`hermes: failed unexpectedly: ${String(error).replaceAll(/\s*\n\s*/g, ' ')} (HERMES_DEBUG=1 shows where)`);
  if (process.env.HERMES_DEBUG === '1' && error instanceof Error) say(error.stack ?? '');
  return EXIT_FAILURE;
}
