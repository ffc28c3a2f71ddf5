import { HermesError } from './errors.js';
import { nearName } from './near-name.js';

// What options and arguments have to be. None of it is on the hot path.

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless `value` is a whole number from `least` to `most` */
export function checkWhole(name: string, value: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw wrong(name, value, `a whole number ${rangeText(least, most, Number.MAX_SAFE_INTEGER)}`);
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless `value` is a number of `units` from `least` to `most`; NaN never is */
export function checkAmount(
  name: string,
  value: unknown,
  units: string,
  least: number,
  most: number = Number.POSITIVE_INFINITY,
): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  throw wrong(name, value, `${units} ${rangeText(least, most, Number.POSITIVE_INFINITY)}`);
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless `value` is a number above 0 */
export function checkPositive(name: string, value: unknown): void {
  if (!(typeof value === 'number' && value > 0)) throw wrong(name, value, 'a number above 0');
}

/** Permissions of a file. @throws HermesError ERR_HERMES_INVALID_OPTION */
export function checkMode(name: string, value: unknown): void {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0o777) {
    throw wrong(name, value, 'permissions such as 0o600');
  }
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless `value` could be the path of something */
export function checkPath(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw wrong(name, value, 'a path');
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless `value` is an object with fields */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, value, 'an object');
}

/** The names of all options. This type makes the compiler check that no option of an interface is forgotten. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Refuses options that do not exist, which would be ignored otherwise. It looks at an object's own enumerable fields whose names are
 * strings; a field that is undefined counts as absent. Codecs and signals are no options but objects of their own kinds, which may
 * have any fields. Allocates nothing unless it throws.
 * @param what whose options they are, as the subject of a sentence
 * @throws HermesError ERR_HERMES_INVALID_OPTION, naming the option with the nearest name
 */
export function checkKnown(what: string, options: unknown, names: Readonly<Record<string, true>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrong(`options of ${what}`, options, 'an object');
  }
  const given = options as Readonly<Record<string, unknown>>;
  for (const name in given) {
    if (names[name] === true || given[name] === undefined || !Object.hasOwn(given, name)) continue;
    const known = Object.keys(names);
    const nearest = nearName(name, known);
    throw invalid(
      nearest !== undefined
        ? `${what} has no option ${name}: did you mean ${nearest}?`
        : `${what} has no option ${name}: ${known.length === 0 ? 'it has none' : `there are ${known.join(', ')}`}`,
    );
  }
}

/** A maximum: a whole number, or `Infinity` for none. @throws HermesError ERR_HERMES_INVALID_OPTION */
export function checkLimit(name: string, value: unknown, least: number): void {
  if (value !== Number.POSITIVE_INFINITY) checkWhole(name, value, least);
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless each of these options is a boolean, or left out */
export function checkFlags<Name extends string>(
  options: { readonly [name in Name]?: unknown },
  ...names: Name[]
): void {
  for (const name of names) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'boolean') throw wrong(name, value, 'true or false');
  }
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless `value` is one of the choices */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  throw invalid(
    `${name} is ${typeof value === 'string' ? value : textOf(value)}: give ${choices.join(choices.length === 2 ? ' or ' : ', ')}`,
  );
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless `value` is a function */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrong(name, value, 'a function');
}

function wrong(name: string, value: unknown, wanted: string): HermesError {
  return invalid(`${name} is ${textOf(value)}: give ${wanted}`);
}

function invalid(message: string): HermesError {
  return new HermesError('ERR_HERMES_INVALID_OPTION', message);
}

function rangeText(least: number, most: number, boundless: number): string {
  return most === boundless ? `from ${least}` : `from ${least} to ${most}`;
}

/** The value that was given, shortened to fit into a line of text. */
export function textOf(value: unknown): string {
  if (value === '') return 'empty';
  if (typeof value === 'string') return `${value.length > 40 ? `${value.slice(0, 40)}…` : value} (a string)`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}
