const parked: Int32Array = new Int32Array(new SharedArrayBuffer(4));

/** Puts this thread to sleep; nobody ever wakes it sooner. */
export function sleep(ms: number): void {
  Atomics.wait(parked, 0, 0, ms);
}

/** Lets the event loop turn: reports leave, commands arrive, an orphan ends. */
export function yieldToEvents(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
