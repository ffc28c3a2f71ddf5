import { createRequire } from 'node:module';
import yargs, { type Argv } from 'yargs';
import { HermesError, type HermesErrorCode } from '../index.js';
import { benchCommand } from './bench-command.js';
import { addCommand, type CommonArguments, Failure, UsageError } from './command.js';
import { consumeCommand } from './consume-command.js';
import { coordinatorCommand } from './coordinator-command.js';
import { createCommand } from './create-command.js';
import { demoCommand } from './demo-command.js';
import { groupsCommand } from './groups-command.js';
import { inspectCommand } from './inspect-command.js';
import { journalCommand } from './journal-command.js';
import { latencyCommand } from './latency-command.js';
import { lsCommand } from './ls-command.js';
import { say } from './output.js';
import { produceCommand, STDIN } from './produce-command.js';
import { recordCommand } from './record-command.js';
import { replayCommand } from './replay-command.js';
import { rmCommand } from './rm-command.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** Errors that say that the command line was wrong. */
const USAGE_CODES: readonly HermesErrorCode[] = ['ERR_HERMES_INVALID_NAME', 'ERR_HERMES_INVALID_OPTION'];

/** What may come several times on a command line. */
const LISTS: readonly string[] = ['_', 'file'];

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
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  process.stdout.on('error', () => {}); // the write that failed tells whoever waits for it
  const code = await run(args, interruption.signal);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  // A write to a reader that stands still would keep the process alive.
  if (interruption.signal.aborted) process.exit(code);
  return code;
}

async function run(args: readonly string[], interrupted: AbortSignal): Promise<number> {
  try {
    // A lone - among files is lost in yargs.
    const words = args.map((word) => (word === '-' ? STDIN : word));
    await program(words, interrupted).parseAsync();
    return 0;
  } catch (error) {
    return report(error);
  }
}

function program(args: readonly string[], interrupted: AbortSignal): Argv<CommonArguments> {
  const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };
  const cli = yargs(args)
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
    .group(['directory', 'help', 'version'], 'Common options:')
    .demandCommand(1, 'Give a command.')
    .recommendCommands()
    .strict()
    .updateStrings(WORDS as object as Record<string, string>) // its type knows no plurals
    .parserConfiguration({ 'populate--': false })
    .middleware(keepLast, true)
    .exitProcess(false)
    .wrap(Math.min(100, process.stdout.columns || 100))
    .epilogue('hermes <command> --help explains a command.')
    .fail((message, error) => {
      throw error === undefined || error.name === 'YError' ? new UsageError(message) : error;
    });
  addCommand(cli, createCommand, interrupted);
  addCommand(cli, lsCommand, interrupted);
  addCommand(cli, inspectCommand, interrupted);
  addCommand(cli, groupsCommand, interrupted);
  addCommand(cli, rmCommand, interrupted);
  addCommand(cli, produceCommand, interrupted);
  addCommand(cli, consumeCommand, interrupted);
  addCommand(cli, recordCommand, interrupted);
  addCommand(cli, replayCommand, interrupted);
  addCommand(cli, journalCommand, interrupted);
  addCommand(cli, latencyCommand, interrupted);
  addCommand(cli, benchCommand, interrupted);
  addCommand(cli, coordinatorCommand, interrupted);
  addCommand(cli, demoCommand, interrupted);
  return cli.completion('completion', 'Print a completion script: hermes completion >> ~/.bashrc');
}

/** Of an option that is given several times the last counts. */
function keepLast(argv: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(argv)) {
    if (Array.isArray(value) && !LISTS.includes(name)) argv[name] = value.at(-1);
  }
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
  say(`hermes: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT_FAILURE;
}
