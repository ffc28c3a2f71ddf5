import { checkWhole } from '../checks.js';
import { MAX_CPU, pinThread } from '../os/cpu-affinity.js';

/** @throws HermesError ERR_HERMES_INVALID_OPTION for what is no number of a CPU */
export function checkCpu(cpu: number | undefined): void {
  if (cpu !== undefined) checkWhole('cpu', cpu, 0, MAX_CPU);
}

/**
 * Pins the calling thread to `cpu`, if there is one, before it attaches, so that the memory it touches first is near. If `attach` fails,
 * the thread may run where it could before.
 * @throws HermesError ERR_HERMES_INVALID_OPTION
 */
export function pinned<T>(cpu: number | undefined, attach: () => T): T {
  if (cpu === undefined) return attach();
  const release = pinThread(cpu);
  try {
    return attach();
  } catch (error) {
    release();
    throw error;
  }
}
