import { HermesError } from '../errors.js';

/** All callers that wait for a signal, and the one listener that serves them all. */
class Listener {
  private static readonly bySignal = new WeakMap<AbortSignal, Listener>();
  private readonly reactions = new Set<() => void>();

  static of(signal: AbortSignal): Listener {
    const known = Listener.bySignal.get(signal);
    if (known !== undefined) return known;
    const listener = new Listener(signal);
    Listener.bySignal.set(signal, listener);
    return listener;
  }

  private constructor(private readonly signal: AbortSignal) {}

  private readonly tellAll = (): void => {
    for (const react of this.reactions) react();
  };

  add(react: () => void): void {
    this.reactions.add(react);
    if (this.reactions.size === 1) this.signal.addEventListener('abort', this.tellAll, { once: true });
  }

  /** A signal that nobody waits for may be garbage-collected. */
  remove(react: () => void): void {
    if (this.reactions.delete(react) && this.reactions.size === 0) {
      this.signal.removeEventListener('abort', this.tellAll);
    }
  }
}

/**
 * Calls `react` when the signal is aborted, unless the function that is returned was called before. A signal has one listener, however many
 * callers wait for it: so each comes and goes at the same cost, and Node warns of no leak. `react` must not throw.
 */
export function onAbort(signal: AbortSignal | undefined, react: () => void): () => void {
  if (signal === undefined) return () => {};
  const listener = Listener.of(signal);
  listener.add(react);
  return () => listener.remove(react);
}

/** @throws the signal's reason, whatever that is, if the signal was aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION for a value that is no signal, and so would never end anything */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `signal is ${signal === null ? null : typeof signal}, and no AbortSignal: give the signal of an AbortController, or none`,
  );
}
