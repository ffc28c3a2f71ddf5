import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/** Gives the calling thread a core, where `taskset` is to be had. */
export function pinThisThread(core: number): void {
  const threadId = path.basename(fs.readlinkSync('/proc/thread-self'));
  spawnSync('taskset', ['-cp', `${core % availableParallelism()}`, threadId]);
}

export function canPin(): boolean {
  return spawnSync('taskset', ['--version']).status === 0;
}
