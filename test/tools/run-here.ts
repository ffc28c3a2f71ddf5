import { main } from '../../src/tools/main.js';
import type { Outcome } from '../support/running-command.js';

type Write = typeof process.stdout.write;

/** Keeps what is written to a stream from now on to itself. */
class Collected {
  private readonly chunks: Uint8Array[] = [];
  private readonly write: Write;
  private readonly listeners: Set<unknown>;

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.write = stream.write;
    this.listeners = new Set(stream.listeners('error'));
    stream.write = ((data: string | Uint8Array, ...rest: unknown[]) => {
      this.chunks.push(Buffer.from(data as string));
      const written = rest.at(-1);
      if (typeof written === 'function') process.nextTick(written as () => void);
      return true;
    }) as Write;
  }

  /** Gives the stream back as it was, and returns what was written. */
  end(): Buffer {
    this.stream.write = this.write;
    for (const listener of this.stream.listeners('error')) {
      if (!this.listeners.has(listener)) this.stream.off('error', listener as () => void);
    }
    return Buffer.concat(this.chunks);
  }
}

/** Runs the CLI in this process: for what prints something and ends. One at a time. */
export async function runHere(args: readonly string[]): Promise<Outcome> {
  const stdout = new Collected(process.stdout);
  const stderr = new Collected(process.stderr);
  let code: number | null = null;
  try {
    code = await main(args);
  } finally {
    stdout.end();
    stderr.end();
  }
  return { code, signal: null, stdout: stdout.end(), stderr: stderr.end().toString() };
}
