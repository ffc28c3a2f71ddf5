import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { allowedCpus, pinProcess } from '../../os/cpu-affinity.js';
import { Failure } from '../command.js';

/** A measuring process: it announces that it is ready, starts when it is told, and ends with one result. */
export interface Child<Result> {
  readonly pid: number | undefined;
  readonly ready: Promise<unknown>;
  readonly result: Promise<Result>;
  start(): void;
  kill(): void;
}

const READY = 'ready';
const START = 'start';

/** Starts the program at `url`. Its one argument is the task, as JSON. */
export function startChild<Result>(url: URL, task: unknown): Child<Result> {
  const child = fork(url, [JSON.stringify(task)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Failure(`a measuring process ended early (${signal ?? `exit code ${code}`})`));
    });
  });
  const messages = on(child, 'message');
  const next = async () => (await messages.next()).value[0];
  const ready = Promise.race([next(), ended]);
  const result = ready.then(() => Promise.race([next(), ended])) as Promise<Result>;
  result.catch(() => {}); // whoever awaits the result gets the error
  return { pid: child.pid, ready, result, start: () => child.send(START), kill: () => child.kill('SIGKILL') };
}

/**
 * Starts all processes together, once all are ready, and returns their results. At the end, all of them are killed. Each runs on a CPU
 * of its own, as far as `cpus` go: two processes that spin on one would only take turns.
 */
export async function runChildren<Result>(
  children: readonly Child<Result>[],
  interrupted: AbortSignal,
  cpus: readonly number[] = allowedCpus(),
): Promise<Result[]> {
  const kill = () => {
    for (const child of children) child.kill();
  };
  interrupted.addEventListener('abort', kill);
  if (interrupted.aborted) kill();
  try {
    await Promise.all(children.map(({ ready }) => ready));
    for (const [index, { pid }] of children.entries()) pinProcess(pid!, cpus[index % cpus.length]!);
    for (const child of children) child.start();
    return await Promise.all(children.map(({ result }) => result));
  } catch (error) {
    throw interrupted.aborted ? new Failure('interrupted') : error;
  } finally {
    interrupted.removeEventListener('abort', kill);
    kill();
  }
}

/** In the child: returns the task that it was started with. */
export function childTask<Task>(): Task {
  process.once('disconnect', () => process.exit(1)); // nobody is left to take the result
  return JSON.parse(process.argv[2] ?? 'null') as Task;
}

/** In the child: tells that it is ready, and waits for the start. */
export async function awaitStart(): Promise<void> {
  const started = once(process, 'message');
  process.send?.(READY);
  await started;
}

/** In the child: sends the result and ends the process. */
export function finish(result: unknown): void {
  process.send?.(result, () => process.exit(0));
}
