import { UsageError } from './command.js';
import { type Declarations, isSame, whatItTakes } from './declared-options.js';

/**
 * Put before a word that begins with `-` and is no option: a lone `-` (stdin), and whatever follows `--`. yargs would lose the first, and
 * count the others too late. No argument of a process can contain this character.
 */
const PLAIN = '\0';

/** Stands for `--` itself, so that no option takes a word behind it as its value. */
export const END_OF_OPTIONS: string = PLAIN;

/** Where yargs puts the words that are no options. */
const WORDS = '_';

/** Texts that may be empty here, since the library says in its own words what is wrong with that. */
const NAMED_ELSEWHERE: readonly string[] = ['directory', 'segment', 'group', 'to', 'wait'];

/** The arguments in a form that yargs understands. Behind `--` every word is a plain word, even one that begins with `-`. */
export function wordsForYargs(args: readonly string[]): string[] {
  const end = endOfOptions(args);
  const before = wordsBeforeEnd(args).map((word) => (word === '-' ? PLAIN + word : word));
  if (end === args.length) return before;
  const plain = args.slice(end + 1).map((word) => (word.startsWith('-') ? PLAIN + word : word));
  return [...before, `--${END_OF_OPTIONS}=true`, ...plain];
}

/** A message of yargs, with the words as they were given. */
export function asGiven(message: string): string {
  return message.replaceAll(PLAIN, '');
}

/**
 * Checks what yargs has made of the arguments against the declared type of each option, and corrects it in place. If an option is given
 * several times, the last one counts. Afterwards every value has its declared type. @throws UsageError
 */
export function checkArguments(
  args: readonly string[],
  argv: Record<string, unknown>,
  declarations: Declarations,
): void {
  const declared = declarations.getOptions();
  /** True for what may be given several times. */
  const isListed = (name: string) => name === WORDS || declared.array.includes(name);
  checkForms(args, declared, declarations.getGroups()['Positionals:'] ?? []);
  for (const [name, value] of Object.entries(argv)) {
    const isList = isListed(name);
    const given = Array.isArray(value) && !isList ? value.at(-1) : value;
    argv[name] = isList && Array.isArray(given) ? given.map(plainWord) : plainWord(given);
  }
  for (const name of declared.number)
    checkNumber(name, argv[name], lastGiven(args, name), whatItTakes(name, declarations));
  for (const name of declared.string) if (!isListed(name)) checkText(name, argv[name], whatItTakes(name, declarations));
}

/** Checks how each option is written, since yargs takes more than the help says. */
function checkForms(args: readonly string[], declared: ReturnType<Declarations['getOptions']>, places: string[]): void {
  for (const word of wordsBeforeEnd(args)) {
    const [, no, name = '', value] = /^--(no-)?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const isSwitch = declared.boolean.some((each) => isSame(each, name));
    if (places.some((each) => isSame(each, name)))
      throw new UsageError(`${name} is told by its place: give it without --${no ?? ''}${name}`);
    if (no !== undefined && [...declared.string, ...declared.number].some((each) => isSame(each, name)))
      throw new UsageError(`${word} makes no sense: --${name} takes a value; leave it out`);
    if (isSwitch && value !== undefined && (no !== undefined || !['true', 'false'].includes(value)))
      throw new UsageError(`${word} makes no sense: give --${name} or --no-${name}`);
  }
}

function checkNumber(name: string, value: unknown, given: string | undefined, what: string): void {
  if (value === undefined || (Number.isFinite(value) && given?.trim() !== '')) return;
  throw new UsageError(`--${name} is ${JSON.stringify(given ?? String(value))}: give a number${what}`);
}

function checkText(name: string, value: unknown, what: string): void {
  if (value === undefined || (typeof value === 'string' && (value !== '' || NAMED_ELSEWHERE.includes(name)))) return;
  throw new UsageError(`--${name} is ${value === '' ? 'empty: give a value' : `${value}: give a text`}${what}`);
}

/** The last value that was given for an option, as it was written. */
function lastGiven(args: readonly string[], name: string): string | undefined {
  const words = wordsBeforeEnd(args);
  const at = words.findLastIndex((word) => isSame(/^--([^=]+)/.exec(word)?.[1] ?? '', name));
  if (at === -1) return undefined;
  const word = words[at]!;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

function plainWord(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(PLAIN) ? value.slice(PLAIN.length) : value;
}

/** The words before `--`, among which there may be options. */
export function wordsBeforeEnd(args: readonly string[]): readonly string[] {
  return args.slice(0, endOfOptions(args));
}

function endOfOptions(args: readonly string[]): number {
  const at = args.indexOf('--');
  return at === -1 ? args.length : at;
}
