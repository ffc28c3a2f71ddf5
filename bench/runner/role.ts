import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../../src/tools/bench/child.js';

/** What a process of the bench can be. `bench/child.ts` tells which function plays each role. */
export type RoleName =
  | 'ring'
  | 'link'
  | 'crowd'
  | 'rate'
  | 'lanes'
  | 'hot-method'
  | 'memory'
  | 'wake'
  | 'form'
  | 'idle';

/** What a process is started with. The task holds what its role needs to know, as JSON. */
export interface Assignment {
  readonly role: RoleName;
  readonly task: object;
}

/** The program of every process of the bench; its one argument is an assignment, as JSON. */
export const CHILD_PROGRAM: URL = new URL('../child.js', import.meta.url);

/** Starts a process in a role. */
export function startRole<Result>(role: RoleName, task: object): Child<Result> {
  return startChild<Result>(CHILD_PROGRAM, { role, task } satisfies Assignment);
}

/** True of the file that `node` was given to run; false where it was loaded for the role that it also has. */
export function isProgram(url: string): boolean {
  return fs.realpathSync(process.argv[1]!) === fileURLToPath(url);
}

/** Gives the calling thread a core, where `taskset` is to be had. */
export function pinThisThread(core: number): void {
  const threadId = path.basename(fs.readlinkSync('/proc/thread-self'));
  spawnSync('taskset', ['-cp', `${core % availableParallelism()}`, threadId]);
}

export function canPin(): boolean {
  return spawnSync('taskset', ['--version']).status === 0;
}
