import fs from 'node:fs';
import type { SegmentDeclaration } from '../index.js';
import { parseByteSize } from './byte-size.js';
import { UsageError } from './command.js';
import { nearName } from './near-name.js';
import { repeatedName } from './repeated-name.js';

/** What the file of `hermes coordinator` says. */
interface CoordinatorConfig {
  readonly directory?: string | undefined;
  readonly segments: Readonly<Record<string, SegmentDeclaration>>;
}

const NUMBERS: readonly string[] = ['producers', 'groups', 'members'];
const SIZES: readonly string[] = ['capacity', 'maxPayload'];
const SWITCHES: readonly string[] = ['checksum', 'timestamps', 'shared'];

/** `{"directory": "...", "segments": {"ticks": {"producers": 4, "capacity": "1MiB", "mode": "0660"}}}` @throws UsageError */
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

function declarationOf(settings: Readonly<Record<string, unknown>>, where: string): SegmentDeclaration {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, setting(name, value, where)]));
}

function setting(name: string, value: unknown, where: string): number | boolean {
  if (NUMBERS.includes(name) && typeof value === 'number') return value;
  if (SIZES.includes(name) && typeof value === 'number') return value;
  if (SIZES.includes(name) && typeof value === 'string') return size(name, value, where);
  if (SWITCHES.includes(name) && typeof value === 'boolean') return value;
  if (name === 'mode' && typeof value === 'string' && /^[0-7]{3,4}$/.test(value)) return Number.parseInt(value, 8);
  if ([...NUMBERS, ...SIZES, ...SWITCHES, 'mode'].includes(name)) {
    throw new UsageError(`${where}: ${name} is ${JSON.stringify(value)}: give ${wanted(name, value)}`);
  }
  throw unknownSetting(where, name, [...NUMBERS, ...SIZES, ...SWITCHES, 'mode']);
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
