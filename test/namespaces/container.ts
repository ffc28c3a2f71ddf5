import { spawnSync } from 'node:child_process';
import * as library from '../../src/index.js';
import { Child } from '../support/child.js';

export const LIBRARY: string = new URL('../../src/index.js', import.meta.url).href;

/** Whether this process may run something so; root in a container often may not. */
export function mayEnter(enter: readonly string[]): boolean {
  return spawnSync(enter[0]!, [...enter.slice(1), 'true']).status === 0;
}

/** A command that enters new namespaces, prepares them by a line of shell, and runs what follows it. */
export function entering(namespaces: readonly string[], preparation = ':'): string[] {
  return ['unshare', ...namespaces, 'sh', '-c', `${preparation} && exec "$@"`, 'sh'];
}

/**
 * Node with namespaces of its own, as in a container of its own; it shares the directory, which is its `process.argv[1]`.
 * `enter` is a command that runs what follows it in the namespaces; with `--fork`, `unshare --kill-child` passes a SIGKILL on.
 * The module has all exports of Hermes at hand.
 */
export function startContainer(enter: readonly string[], module: string, directory: string): Child {
  return Child.startIn(
    enter,
    `import { ${Object.keys(library).join(', ')} } from 'hermes:index.js';\n${module}`,
    directory,
  );
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
