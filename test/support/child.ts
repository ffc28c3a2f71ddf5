import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const SOURCES = new URL('../../src/', import.meta.url).href;

/** Node that runs the text of a module; `'hermes:…'` in it stands for a compiled file of `src`. Killed with the test. */
export class Child {
  private readonly lines: AsyncIterator<string>;
  /** Resolves to the exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>;

  private constructor(private readonly process: ChildProcess) {
    this.lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
    this.ended = once(process, 'close').then(([code, signal]) => signal ?? code);
  }

  /** Starts it; `args` are its `process.argv` from 1 on. */
  static start(module: string, ...args: string[]): Child {
    const text = module.replaceAll(/'hermes:([^']+)'/g, (_, file) => JSON.stringify(SOURCES + file));
    const child = new Child(
      spawn(process.execPath, ['--input-type=module', '-e', text, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    onTestFinished(async () => {
      await child.kill('SIGKILL');
    });
    return child;
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** The next line that it prints. @throws when it ends before */
  async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the child ended (${await this.ended}) and printed no further line`);
    return value;
  }

  /** Sends it a line on its stdin. */
  tell(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  /** Sends a signal and waits until the process is gone. */
  kill(signal: NodeJS.Signals): Promise<number | string> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** A child that is attached to a segment, as the expression `attach` says, until it is killed. */
export async function attachedChild(attach: string): Promise<Child> {
  const child = Child.start(`
    import { attachProducer, attachConsumer } from 'hermes:index.js';
    const participant = ${attach};
    console.log('attached');
    setInterval(() => participant, 1000);`);
  await child.line();
  return child;
}
