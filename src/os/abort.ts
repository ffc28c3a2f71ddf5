import { HermesError } from '../errors.js';

/** Those who wait for a signal, with the one listener that it has for them all. */
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

  /** A signal that nobody waits for is free to be collected. */
  remove(react: () => void): void {
    if (this.reactions.delete(react) && this.reactions.size === 0) {
      this.signal.removeEventListener('abort', this.tellAll);
    }
  }
}

/**
 * Calls `react` when the signal is set off, unless what is returned was called before. A signal has one listener, however many
 * wait for it: so each comes and goes at the same cost, and Node warns of no leak. `react` must not throw.
 */
export function onAbort(signal: AbortSignal | undefined, react: () => void): () => void {
  if (signal === undefined) return () => {};
  const listener = Listener.of(signal);
  listener.add(react);
  return () => listener.remove(react);
}

/** @throws the signal's reason, whatever that is, when it was set off */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION for what is no signal, which would never end anything */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `signal is ${signal === null ? null : typeof signal}, and no AbortSignal: give the signal of an AbortController, or none`,
  );
}
