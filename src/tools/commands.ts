import type { Argv } from 'yargs';
import { addCommand, type Command, type CommonArguments } from './command.js';

/** A command whose file is not loaded yet. */
interface CommandEntry {
  /** The same as in its file: a test compares them. */
  readonly names: readonly string[];
  readonly load: () => Promise<Command>;
}

/** Every command, in the order of the help. The file of a command is loaded when it is called, and so costs the others nothing. */
export const COMMANDS: readonly CommandEntry[] = [
  { names: ['create'], load: async () => (await import('./create-command.js')).createCommand },
  { names: ['ls', 'list'], load: async () => (await import('./ls-command.js')).lsCommand },
  { names: ['inspect'], load: async () => (await import('./inspect-command.js')).inspectCommand },
  { names: ['groups'], load: async () => (await import('./groups-command.js')).groupsCommand },
  { names: ['rm'], load: async () => (await import('./rm-command.js')).rmCommand },
  { names: ['produce'], load: async () => (await import('./produce-command.js')).produceCommand },
  { names: ['consume'], load: async () => (await import('./consume-command.js')).consumeCommand },
  { names: ['record'], load: async () => (await import('./record-command.js')).recordCommand },
  { names: ['replay'], load: async () => (await import('./replay-command.js')).replayCommand },
  { names: ['journal'], load: async () => (await import('./journal-command.js')).journalCommand },
  { names: ['latency'], load: async () => (await import('./latency-command.js')).latencyCommand },
  { names: ['bench'], load: async () => (await import('./bench-command.js')).benchCommand },
  { names: ['coordinator'], load: async () => (await import('./coordinator-command.js')).coordinatorCommand },
  { names: ['demo'], load: async () => (await import('./demo-command.js')).demoCommand },
  { names: ['completion'], load: async () => (await import('./completion-command.js')).completionCommand },
];

/** Adds the command that the arguments name. If they name none, as for the help or for a mistyped word, it adds all of them. */
export async function addCommands(
  yargs: Argv<CommonArguments>,
  args: readonly string[],
  interrupted: AbortSignal,
): Promise<void> {
  const word = firstWord(args);
  const named = COMMANDS.filter(({ names }) => word !== undefined && names.includes(word));
  for (const { load } of named.length > 0 ? named : COMMANDS) addCommand(yargs, await load(), interrupted);
}

/** The word that must be the command. Undefined if an option comes first: it is not known here whether that takes a value. */
function firstWord(args: readonly string[]): string | undefined {
  let index = 0;
  while (/^--directory(=|$)/.test(args[index] ?? '')) index += args[index]!.includes('=') ? 1 : 2;
  return args[index];
}
