import { HermesError, type HermesErrorCode } from '../../src/index.js';
import { sleep } from './pausing.js';

const RETRY_MS = 0.1;

/** Attaches as soon as the slot is free: its owner was killed, and may still be dying. */
export function attachWhenFree<T>(attach: () => T, codeWhileTaken: HermesErrorCode): T {
  for (;;) {
    try {
      return attach();
    } catch (error) {
      if (!(error instanceof HermesError) || error.code !== codeWhileTaken) throw error;
      sleep(RETRY_MS);
    }
  }
}
