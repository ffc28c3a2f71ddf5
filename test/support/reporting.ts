/** How the programs of `test/programs` talk to whoever started them: see `program.ts`. */

/** Tells the test something. Started by hand, a program prints its reports. */
export function report(kind: string, value: unknown = null): void {
  if (process.send === undefined) console.log(kind, JSON.stringify(value));
  else if (process.connected) process.send({ kind, value });
}

/**
 * Stands by until the test gives the command, and runs it; its end is the program's. Reports an error as `failed`.
 * When the test is gone, so is the program, as soon as it yields to the event loop.
 */
export function runCommand<T>(run: (command: T) => void | Promise<void>): void {
  process.once('disconnect', () => process.exit());
  process.once('message', async (command) => {
    try {
      await run(command as T);
      process.exitCode = 0;
    } catch (error) {
      reportFailure(error);
      process.exitCode = 1;
    } finally {
      if (process.connected) process.disconnect();
    }
  });
  report('standing by');
}

/** Tells the test what went wrong. */
export function reportFailure(error: unknown): void {
  const { message, code, stack } = error as NodeJS.ErrnoException;
  report('failed', { message: code === undefined ? `${message}\n${stack}` : `${message} (${code})`, code });
}
