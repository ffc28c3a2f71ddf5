/**
 * Runs what goes on at the same time until all of it has ended. When one part fails, the signal tells the others to
 * end, and the failure is thrown.
 */
export async function together(...parts: readonly ((signal: AbortSignal) => Promise<void>)[]): Promise<void> {
  const controller = new AbortController();
  const run = async (part: (signal: AbortSignal) => Promise<void>) => {
    try {
      await part(controller.signal);
    } catch (error) {
      controller.abort(error);
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(parts.map(run));
  if (controller.signal.aborted) throw controller.signal.reason;
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
