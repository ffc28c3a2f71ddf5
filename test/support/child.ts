import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { StartedProcess } from './started-process.js';

const SOURCES = new URL('../../src/', import.meta.url).href;

/** Node that runs the text of a module; `'hermes:…'` in it stands for a compiled file of `src`. Killed with the test. */
export class Child extends StartedProcess {
  private readonly lines: AsyncIterator<string>;

  private constructor(enter: readonly string[], module: string, args: readonly string[]) {
    const text = module.replaceAll(/'hermes:([^']+)'/g, (_, file) => JSON.stringify(SOURCES + file));
    const [command, ...rest] = [...enter, process.execPath, '--input-type=module', '-e', text, ...args];
    super(spawn(command!, rest, { stdio: ['pipe', 'pipe', 'inherit'] }));
    this.lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
    onTestFinished(async () => {
      await this.kill();
    });
  }

  /** Starts it; `args` are its `process.argv` from 1 on. */
  static start(module: string, ...args: string[]): Child {
    return new Child([], module, args);
  }

  /** Starts it by a command that runs what follows it somewhere else, in namespaces of its own, say; it has ended when all of that has. */
  static startIn(enter: readonly string[], module: string, ...args: string[]): Child {
    return new Child(enter, module, args);
  }

  /** The exit code, or the signal that ended it. */
  get ended(): Promise<number | string> {
    return this.exited.then(({ code, signal }) => signal ?? code!);
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
