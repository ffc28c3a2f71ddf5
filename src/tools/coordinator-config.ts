import fs from 'node:fs';
import type { GroupDeclaration, SegmentDeclaration } from '../index.js';
import { nearName } from '../near-name.js';
import { parseByteSize } from './byte-size.js';
import { UsageError } from './command.js';

/** What the file of `hermes coordinator` says. */
interface CoordinatorConfig {
  readonly directory?: string | undefined;
  readonly segments: Readonly<Record<string, SegmentDeclaration>>;
}

const NUMBERS: readonly string[] = ['producers', 'maxGroups', 'members'];
const SIZES: readonly string[] = ['capacity', 'maxPayload'];
const SWITCHES: readonly string[] = ['checksum', 'timestamps', 'shared'];
const SETTINGS: readonly string[] = [...NUMBERS, 'groups', ...SIZES, ...SWITCHES, 'mode'];

/** The tokens of a JSON text, without numbers, `true`, `false` and `null`. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** `{"directory": "...", "segments": {"jobs": {"producers": 4, "groups": {"workers": {"shared": true}}, "mode": "0660"}}}` @throws UsageError */
export function readCoordinatorConfig(file: string): CoordinatorConfig {
  const config = parse(file);
  const { directory, segments = {}, ...rest } = object(config, file);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw unknownSetting(file, unknown, ['directory', 'segments']);
  if (directory !== undefined && typeof directory !== 'string')
    throw new UsageError(`${file}: directory is ${JSON.stringify(directory)}: give a path, in quotes`);
  const declarations = Object.entries(object(segments, `${file}: segments`)).map(([name, declaration]) => {
    const where = `${file}: segment ${name}`;
    return [name, declarationOf(object(declaration, where), where)] as const;
  });
  return { directory, segments: Object.fromEntries(declarations) };
}

function parse(file: string): unknown {
  let config: unknown;
  let repeated: string | undefined;
  try {
    const text = fs.readFileSync(file, 'utf8');
    config = JSON.parse(text);
    repeated = repeatedName(text);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
  if (repeated !== undefined) throw new UsageError(`${file}: ${repeated} is there twice: leave one out`);
  return config;
}

/**
 * The first name that an object of a JSON text has twice, with the names that lead to it, such as `segments.ticks`. `JSON.parse` keeps
 * only the last of them, and does not say so. The text must be valid JSON.
 */
export function repeatedName(text: string): string | undefined {
  /** For each object and array around this place, the outermost first: the names so far, and the last of them. */
  const around: { readonly names: Set<string>; last: string }[] = [];
  let latest = '';
  for (const [token] of text.matchAll(TOKENS)) {
    const inner = around.at(-1);
    if (token === '{' || token === '[') around.push({ names: new Set(), last: '' });
    else if (token === '}' || token === ']') around.pop();
    else if (token === ':' && inner !== undefined) {
      inner.last = JSON.parse(latest) as string;
      if (inner.names.has(inner.last)) return around.map(({ last }) => last).join('.');
      inner.names.add(inner.last);
    } else if (token !== ',') latest = token;
  }
  return undefined;
}

function declarationOf(settings: Readonly<Record<string, unknown>>, where: string): SegmentDeclaration {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, setting(name, value, where)]));
}

function setting(name: string, value: unknown, where: string): SegmentDeclaration[keyof SegmentDeclaration] {
  if (name === 'groups') return groups(value, where);
  if (NUMBERS.includes(name) && typeof value === 'number') return value;
  if (SIZES.includes(name) && typeof value === 'number') return value;
  if (SIZES.includes(name) && typeof value === 'string') return size(name, value, where);
  if (SWITCHES.includes(name) && typeof value === 'boolean') return value;
  if (name === 'mode' && typeof value === 'string' && /^[0-7]{3,4}$/.test(value)) return Number.parseInt(value, 8);
  if (SETTINGS.includes(name)) {
    throw new UsageError(`${where}: ${name} is ${JSON.stringify(value)}: give ${wanted(name, value)}`);
  }
  throw unknownSetting(where, name, SETTINGS);
}

function unknownSetting(where: string, name: string, known: readonly string[]): UsageError {
  const near = nearName(name, known);
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  return new UsageError(`${where}: ${name} is no setting${meant}: give ${known.join(', ')}`);
}

/** What a setting takes, in the words of its file. */
function wanted(name: string, value: unknown): string {
  if (NUMBERS.includes(name)) return 'a number, without quotes';
  if (SIZES.includes(name)) return 'a number of bytes, or a size in quotes such as "64KiB" or "1MiB"';
  if (SWITCHES.includes(name)) return 'true or false, without quotes';
  const isOctalInLooks = typeof value === 'number' && /^[0-7]{3}$/.test(`${value}`);
  return `octal permissions as text, in quotes: ${isOctalInLooks ? `"0${value}"` : '"0600", or "0660" for a group'}`;
}

/** `{"workers": {"shared": true}, "audit": {}}` */
function groups(value: unknown, where: string): Readonly<Record<string, GroupDeclaration>> {
  if (typeof value === 'number') {
    throw new UsageError(
      `${where}: groups is ${value}: it holds groups by name, as in {"workers": {"shared": true}}; the most groups are maxGroups`,
    );
  }
  const declared = Object.entries(object(value, `${where}: groups`)).map(([name, group]) => {
    const inGroup = `${where}: group ${name}`;
    const { shared, ...rest } = object(group, inGroup);
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw unknownSetting(inGroup, unknown, ['shared']);
    if (shared !== undefined && typeof shared !== 'boolean')
      throw new UsageError(`${inGroup}: shared is ${JSON.stringify(shared)}: give ${wanted('shared', shared)}`);
    return [name, { shared }] as const;
  });
  return Object.fromEntries(declared);
}

function size(name: string, text: string, where: string): number {
  try {
    return parseByteSize(text, name);
  } catch (error) {
    throw new UsageError(`${where}: ${(error as Error).message}`);
  }
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UsageError(`${where} is no object: see docs/operations.md for an example`);
}
