import { startTicking, stopTicking } from '../os/timers.js';

/** Calls for a sync now and then, one at a time, and remembers when one has failed. */
export class SyncTicker {
  private failure: { readonly error: unknown } | undefined;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number, sync: () => Promise<void>) {
    if (intervalMs > 0) {
      this.timer = startTicking(() => {
        sync().catch((error) => {
          this.failure ??= { error };
        });
      }, intervalMs).unref();
    }
  }

  check(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }

  stop(): void {
    stopTicking(this.timer);
  }
}
