import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import * as library from '../../src/index.js';

export const LIBRARY: string = new URL('../../src/index.js', import.meta.url).href;

/** Whether this process may run something so; root in a container often may not. */
export function mayEnter(enter: readonly string[]): boolean {
  return spawnSync(enter[0]!, [...enter.slice(1), 'true']).status === 0;
}

/** A command that enters new namespaces, prepares them by a line of shell, and runs what follows it. */
export function entering(namespaces: readonly string[], preparation = ':'): string[] {
  return ['unshare', ...namespaces, 'sh', '-c', `${preparation} && exec "$@"`, 'sh'];
}

/** Node with namespaces of its own, as in a container of its own; it shares the directory, which is its `process.argv[1]`. */
export class Container {
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  /** `enter` is a command that runs what follows it in the namespaces. The module has all exports of Hermes at hand. */
  constructor(enter: readonly string[], module: string, directory: string) {
    const text = `import { ${Object.keys(library).join(', ')} } from ${JSON.stringify(LIBRARY)};\n${module}`;
    const node = [process.execPath, '--input-type=module', '-e', text, directory];
    this.process = spawn(enter[0]!, [...enter.slice(1), ...node], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
    const ended = once(this.process, 'close');
    onTestFinished(async () => {
      await this.kill();
      await ended;
    });
  }

  async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the container ended and printed no further line');
    return value;
  }

  /** SIGKILL to what runs in it: with `--fork`, `unshare --kill-child` passes it on. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'close');
    this.process.kill('SIGKILL');
    await ended;
  }
}

/** The text of a module that prints the value of an expression, or the code and the message of the HermesError that it throws. */
export function printing(...expressions: readonly string[]): string {
  const tries = expressions.map(
    (expression) => `
      try {
        console.log(JSON.stringify(${expression}) ?? 'fine');
      } catch (error) {
        console.log(error.code + ' ' + error.message);
      }`,
  );
  return tries.join('\n');
}
