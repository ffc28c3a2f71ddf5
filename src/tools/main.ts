import { createRequire } from 'node:module';
import yargs, { type Argv } from 'yargs';
import { HermesError, type HermesErrorCode } from '../index.js';
import { benchCommand } from './bench-command.js';
import { addCommand, type CommonArguments, UsageError } from './command.js';
import { consumeCommand } from './consume-command.js';
import { createCommand } from './create-command.js';
import { demoCommand } from './demo-command.js';
import { inspectCommand } from './inspect-command.js';
import { latencyCommand } from './latency-command.js';
import { lsCommand } from './ls-command.js';
import { say } from './output.js';
import { produceCommand } from './produce-command.js';
import { rmCommand } from './rm-command.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** Errors that say that the command line was wrong. */
const USAGE_CODES: readonly HermesErrorCode[] = ['ERR_HERMES_INVALID_NAME', 'ERR_HERMES_INVALID_OPTION'];

/** Runs the CLI with the arguments after the program's name. The exit code: 0, 1 failure, 2 usage. */
export async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    await program(args, interruption.signal).parseAsync();
    return 0;
  } catch (error) {
    return report(error);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
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
    .completion('completion', 'Print a completion script: hermes completion >> ~/.bashrc')
    .demandCommand(1, 'Give a command.')
    .recommendCommands()
    .strict()
    .parserConfiguration({ 'duplicate-arguments-array': false, 'populate--': false })
    .exitProcess(false)
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .epilogue('hermes <command> --help explains a command.')
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
  addCommand(cli, createCommand, interrupted);
  addCommand(cli, lsCommand, interrupted);
  addCommand(cli, inspectCommand, interrupted);
  addCommand(cli, rmCommand, interrupted);
  addCommand(cli, produceCommand, interrupted);
  addCommand(cli, consumeCommand, interrupted);
  addCommand(cli, latencyCommand, interrupted);
  addCommand(cli, benchCommand, interrupted);
  addCommand(cli, demoCommand, interrupted);
  return cli;
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
  say(`hermes: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT_FAILURE;
}
