import { UsageError } from './command.js';

const FACTORS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
]);

/** `65536`, `64KiB`, `1MiB`, `1GiB`: bytes. `what` is what it is the size of: `--capacity`. @throws UsageError */
export function parseByteSize(text: string, what: string): number {
  const [, digits = '', unit = ''] = /^(\d+)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = FACTORS.get(unit.toLowerCase());
  if (digits === '' || factor === undefined) {
    throw new UsageError(
      `${what} is ${JSON.stringify(text)}, which is no size: give whole bytes, or a whole number with KiB, MiB or GiB, such as 64KiB`,
    );
  }
  return Number(digits) * factor;
}

/** `1 MiB`, `64 KiB`, `100 B`: for people. */
export function formatByteSize(length: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = length < 1024 ? 0 : Math.min(Math.floor(Math.log2(length) / 10), units.length - 1);
  const value = length / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[power]}`;
}
