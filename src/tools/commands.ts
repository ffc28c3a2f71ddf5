import type { Argv } from 'yargs';
import { addCommand, type Command, type CommonArguments } from './command.js';

/** One command, of which nothing is loaded yet. */
interface CommandEntry {
  readonly names: readonly string[];
  readonly load: () => Promise<Command<unknown>>;
}

/** Every command, in the order of the help. A command costs the others nothing: its file is loaded when it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  entry(['create'], async () => (await import('./create-command.js')).createCommand),
  entry(['ls', 'list'], async () => (await import('./ls-command.js')).lsCommand),
  entry(['inspect'], async () => (await import('./inspect-command.js')).inspectCommand),
  entry(['groups'], async () => (await import('./groups-command.js')).groupsCommand),
  entry(['rm'], async () => (await import('./rm-command.js')).rmCommand),
  entry(['produce'], async () => (await import('./produce-command.js')).produceCommand),
  entry(['consume'], async () => (await import('./consume-command.js')).consumeCommand),
  entry(['record'], async () => (await import('./record-command.js')).recordCommand),
  entry(['replay'], async () => (await import('./replay-command.js')).replayCommand),
  entry(['journal'], async () => (await import('./journal-command.js')).journalCommand),
  entry(['latency'], async () => (await import('./latency-command.js')).latencyCommand),
  entry(['bench'], async () => (await import('./bench-command.js')).benchCommand),
  entry(['coordinator'], async () => (await import('./coordinator-command.js')).coordinatorCommand),
  entry(['demo'], async () => (await import('./demo-command.js')).demoCommand),
  entry(['completion'], async () => (await import('./completion-command.js')).completionCommand),
];

/** @param names as its file has them: a test compares */
function entry<T>(names: readonly string[], load: () => Promise<Command<T>>): CommandEntry {
  return { names, load: load as unknown as () => Promise<Command<unknown>> };
}

/** Adds the one command that the arguments name, or all of them where they name none: for the help, and for what is mistyped. */
export async function addCommands(
  yargs: Argv<CommonArguments>,
  args: readonly string[],
  interrupted: AbortSignal,
): Promise<void> {
  const word = firstWord(args);
  const named = COMMANDS.filter(({ names }) => word !== undefined && names.includes(word));
  for (const { load } of named.length > 0 ? named : COMMANDS) addCommand(yargs, await load(), interrupted);
}

/** What the command must be. Undefined where an option comes first of which it is not known here whether it takes a value. */
function firstWord(args: readonly string[]): string | undefined {
  let index = 0;
  while (/^--directory(=|$)/.test(args[index] ?? '')) index += args[index]!.includes('=') ? 1 : 2;
  return args[index];
}
