import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Child } from '../../src/tools/bench/child.js';

/** Starts the native program as a measuring process: it writes `ready`, starts on a line, and ends with a line of JSON. */
export function startNative(executable: string, args: readonly string[]): Child<unknown> {
  const child = spawn(executable, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, 'error').then(([error]) => {
    throw error;
  });
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the native program ended early (${child.signalCode ?? `exit code ${child.exitCode}`})`);
    return value;
  };
  const ready = Promise.race([next(), failed]);
  const result = ready.then(() => Promise.race([next(), failed])).then((line) => JSON.parse(line) as unknown);
  for (const promise of [failed, ready, result]) promise.catch(() => {}); // whoever awaits them learns
  child.stdin.on('error', () => {}); // it was killed: the result says so
  return {
    pid: child.pid,
    ready,
    result,
    start: () => child.stdin.write('\n'),
    kill: () => child.kill('SIGKILL'),
  };
}
