/** What the promise resolves with; undefined when the interruption, which its work was told of, came first. */
export async function untilInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (interrupted.aborted && error === interrupted.reason) return undefined;
    throw error;
  }
}
