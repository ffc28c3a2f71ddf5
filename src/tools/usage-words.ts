import { nearName } from '../near-name.js';
import { UsageError } from './command.js';
import { asGiven, wordsBeforeEnd } from './command-line.js';
import { type Declarations, isSame, whatItTakes } from './declared-options.js';

/** How the message begins that asks for one of a command's own commands. */
const SUBCOMMAND_MISSING = /^Say /;
/** The most characters of a wrong word that are shown. */
const MOST_SHOWN = 60;

/** Our words for messages in which yargs tells the singular from the plural. */
const TOO_FEW_ARGUMENTS = 'An argument is missing: got %s, need at least %s.';
const SAME_IN_PLURAL: Readonly<Record<string, object | string>> = {
  'Not enough non-option arguments: got %s, need at least %s': { one: TOO_FEW_ARGUMENTS, other: TOO_FEW_ARGUMENTS },
  'Not enough arguments following: %s': 'A value is missing after --%s',
};
export const WORDS = SAME_IN_PLURAL as Record<string, string>; // the type of yargs knows no plurals

/** Says what yargs finds wrong with a command line, in words that name the option and what it takes. */
export function usageError(message: string, args: readonly string[], declared: Declarations): UsageError {
  return new UsageError(asGiven(better(message, args, declared) ?? message));
}

function better(message: string, args: readonly string[], declared: Declarations): string | undefined {
  const [, given] = /^An argument is missing: got (\d+)/.exec(message) ?? [];
  if (given !== undefined) return missingPlace(Number(given), declared);
  const [, bare] = /^A value is missing after --(.+)$/.exec(message) ?? [];
  if (bare !== undefined) return `A value is missing after --${bare}${whatItTakes(bare, declared)}`;
  const [, required] = /^Missing required arguments?: ([^,]+)/.exec(message) ?? [];
  if (required !== undefined) return `Missing required argument: --${required}${whatItTakes(required, declared)}`;
  const choice = /Argument: (.+), Given: (.*), Choices: (.*)$/m.exec(message);
  if (choice !== null) return wrongChoice(choice[1]!, choice[2]!, choice[3]!, declared);
  if (SUBCOMMAND_MISSING.test(message)) return nearSubcommand(message, args, declared);
  const [, unknown] = /^Unknown (?:argument|command)s?: (.*)$/s.exec(message) ?? [];
  return unknown === undefined ? undefined : unknownWord(unknown.split(', ')[0]!, args, declared);
}

function missingPlace(givenCount: number, declared: Declarations): string {
  const required = Object.keys(declared.getDemandedOptions());
  const places = (declared.getGroups()['Positionals:'] ?? []).filter((name) => required.includes(name));
  const place = places[givenCount];
  const known = declared.getInternalMethods().getCommandInstance().getCommands();
  if (place === undefined) return `An argument is missing: ${known.join(' or ')}`;
  return `An argument is missing: <${place}>${whatItTakes(place, declared)}`;
}

/** If a word is none of a command's own commands, yargs says that there is none. This says which one it may have meant. */
function nearSubcommand(message: string, args: readonly string[], declared: Declarations): string | undefined {
  const { commands } = declared.getInternalMethods().getContext();
  const word = wordsBeforeEnd(args).findLast((each) => !each.startsWith('-')) ?? '';
  const near = nearName(word, declared.getInternalMethods().getCommandInstance().getCommands());
  return near === undefined || commands.includes(word) ? undefined : `${message} Did you mean ${near}?`;
}

function wrongChoice(name: string, given: string, choices: string, declared: Declarations): string {
  const isPlace = (declared.getGroups()['Positionals:'] ?? []).some((each) => isSame(each, name));
  const words = choices.replaceAll('"', '').split(', ');
  const listed = words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return `${isPlace ? `<${name}>` : `--${name}`} is ${given}: give ${listed}`;
}

function unknownWord(word: string, args: readonly string[], declared: Declarations): string {
  const { commands } = declared.getInternalMethods().getContext();
  const isOption = wordsBeforeEnd(args).some((each) => each.startsWith('-') && isSame(nameOf(each), word));
  const shown = word.length > MOST_SHOWN ? `${word.slice(0, MOST_SHOWN)}…` : word;
  if (isOption) {
    const written = `${word.length === 1 ? '-' : '--'}${shown}`;
    const near = nearName(word, optionNames(declared));
    return `Unknown option: ${written}${near === undefined ? '' : `. Did you mean --${near}?`}`;
  }
  const known = declared.getInternalMethods().getCommandInstance().getCommands();
  if (commands.length > 0 && known.length === 0) return `Unknown argument: ${shown}`;
  const near = nearName(word, known);
  return `There is no such command: ${shown}${near === undefined ? '' : `. Did you mean ${near}?`}`;
}

function optionNames(declared: Declarations): string[] {
  const { key, hiddenOptions } = declared.getOptions();
  const places = declared.getGroups()['Positionals:'] ?? [];
  return Object.keys(key).filter((name) => !hiddenOptions.includes(name) && !places.includes(name));
}

function nameOf(word: string): string {
  return /^--?(?:no-)?([^=]*)/.exec(word)![1]!;
}

/** Options that have another name in the library than on the command line. */
const OTHER_NAMES: Readonly<Record<string, string>> = { fileLength: 'file-size' };

/** What the library says about an option, with the name as it was written: `maxPayload is 5` becomes `--max-payload is 5`. */
export function asWritten(message: string, args: readonly string[]): string {
  const [, field] = /^([A-Za-z]+) is /.exec(message) ?? [];
  if (field === undefined) return message;
  const isMeant = (name: string) =>
    name !== '' && (isSame(name, OTHER_NAMES[field] ?? field) || isSame(`${name}-ms`, field));
  const written = wordsBeforeEnd(args).find((word) => word.startsWith('--') && isMeant(nameOf(word)));
  if (written === undefined) return message;
  return `--${nameOf(written)}${message.slice(field.length)}`;
}
