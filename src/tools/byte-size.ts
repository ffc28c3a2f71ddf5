export { formatByteSize } from '../byte-size.js';

import { UsageError } from './command.js';

const FACTORS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
]);

/** Reads `65536`, `64KiB`, `1MiB` or `1GiB`: bytes. `what` says what it is the size of, such as `--capacity`. @throws UsageError */
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
