import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import yargs, { type Argv, type MiddlewareFunction } from 'yargs';
import { HermesError, type HermesErrorCode } from '../errors.js';
import { type CommonArguments, Failure, UsageError } from './command.js';
import { checkArguments, END_OF_OPTIONS, wordsForYargs } from './command-line.js';
import { addCommands } from './commands.js';
import type { Declarations } from './declared-options.js';
import { say, watchOutput } from './output.js';
import { limitText } from './system-limits.js';
import { asWritten, usageError, WORDS } from './usage-words.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** The option of yargs by which a completion script asks. */
const COMPLETION_REQUEST = '--get-yargs-completions';

/** Errors that say that the command line is wrong. */
const USAGE_CODES: readonly HermesErrorCode[] = ['ERR_HERMES_INVALID_NAME', 'ERR_HERMES_INVALID_OPTION'];

/** Runs the CLI with the arguments after the program's name. Returns the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  // SIGHUP interrupts, too, unless the command has another use for it. That is known once the command is loaded.
  let isLoading = true;
  let hasHungUp = false;
  const hangUp = () => {
    if (isLoading) hasHungUp = true;
    else if (process.listenerCount('SIGHUP') === 1) interrupt();
  };
  const noteLoaded = () => {
    isLoading = false;
    if (hasHungUp) process.kill(process.pid, 'SIGHUP');
  };
  const output = watchOutput();
  const crash = (error: unknown) => {
    const code = report(error, args);
    output.leaveLostTerminal();
    process.exit(code);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', hangUp).on('uncaughtException', crash);
  let code = await run(args, interruption.signal, noteLoaded);
  await nextTurn(); // in which writes fail that nobody has waited for
  if (code === 0 && output.failure !== undefined) code = report(output.failure, args);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', hangUp).off('uncaughtException', crash);
  output.leaveLostTerminal();
  // Otherwise a write that nobody reads would keep the process alive.
  if (interruption.signal.aborted) process.exit(code);
  return code;
}

async function run(args: readonly string[], interrupted: AbortSignal, noteLoaded: () => void): Promise<number> {
  try {
    const cli = await program(args, interrupted);
    const ended = cli.parseAsync();
    noteLoaded();
    await ended;
    return 0;
  } catch (error) {
    return report(error, args);
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
    .strict()
    .updateStrings(WORDS)
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
      const declared = cli as unknown as Declarations; // its type leaves this out
      throw error === undefined || error.name === 'YError' ? usageError(message, args, declared) : error;
    });
  await addCommands(cli, args, interrupted);
  return addCompletion(cli, args);
}

/** What shells ask for to complete a word: names if Hermes knows some, otherwise what the help has. */
async function addCompletion(cli: Argv<CommonArguments>, args: readonly string[]): Promise<Argv<CommonArguments>> {
  const start = args.indexOf(COMPLETION_REQUEST);
  if (start < 0) return cli;
  const { completionWords } = await import('./completion/completion-words.js');
  const found = completionWords(args.slice(start + 2)); // the program's name comes first
  type Complete = (current: string, argv: unknown, byHelp: () => void, done: (found: string[]) => void) => void;
  const complete: Complete = (_current, _argv, byHelp, done) => (found === undefined ? byHelp() : done(found));
  return cli.completion('complete-by-yargs', false, complete);
}

function report(error: unknown, args: readonly string[]): number {
  if (error instanceof UsageError) {
    say(`hermes: ${error.message}`);
    say('hermes --help, or hermes <command> --help, explains the usage.');
    return EXIT_USAGE;
  }
  if (error instanceof HermesError) {
    say(`hermes: ${error.code}: ${asWritten(error.message, args)}`);
    return USAGE_CODES.includes(error.code) ? EXIT_USAGE : EXIT_FAILURE;
  }
  if (error instanceof Failure) {
    say(`hermes: ${error.message}`);
    return EXIT_FAILURE;
  }
  const limit = limitText(error);
  if (limit !== undefined) {
    say(`hermes: ${limit}`);
    return EXIT_FAILURE;
  }
  say(`hermes: failed unexpectedly: ${String(error).replaceAll(/\s*\n\s*/g, ' ')} (HERMES_DEBUG=1 shows where)`);
  if (process.env.HERMES_DEBUG === '1' && error instanceof Error) say(error.stack ?? '');
  return EXIT_FAILURE;
}
