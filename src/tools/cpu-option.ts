import { allowedCpus, MAX_CPU, rangesOf } from '../os/cpu-affinity.js';
import { UsageError } from './command.js';

/** The option of commands that stay attached. */
export const CPU_OPTION = { type: 'number', describe: 'Run on this CPU, by its number, and on no other' } as const;

/** The option of commands that measure with processes of their own. */
export const CPUS_OPTION = {
  type: 'string',
  describe: 'CPUs of the processes, such as 0,2 or 0-3: one each, in turn [default: all that there are]',
} as const;

/** The CPUs that `--cpu` names, in that order. @throws UsageError for what is no list, or a CPU on which this process may not run */
export function parseCpus(text: string | undefined): number[] {
  const allowed = allowedCpus();
  if (text === undefined) return allowed;
  const cpus = text.split(',').flatMap((part) => rangeOf(part.trim()) ?? fail(text, allowed));
  return cpus.every((cpu) => allowed.includes(cpu)) ? cpus : fail(text, allowed);
}

function rangeOf(text: string): number[] | undefined {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === '' || Number(last) > MAX_CPU || Number(last) < Number(first)) return undefined;
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
}

function fail(text: string, allowed: readonly number[]): never {
  throw new UsageError(`--cpu is ${text}: give numbers of CPUs, such as 0,2 or 0-3, out of ${rangesOf(allowed)}`);
}
