import { type Child, startChild } from './child.js';

/** What a measuring process is an end of. `measuring-child.ts` says which function plays each role. */
export type RoleName = 'throughput' | 'latency' | 'socket';

/** What a measuring process is started with: its role, and what that role needs to know, as JSON. */
export interface Assignment {
  readonly role: RoleName;
  readonly task: object;
}

const PROGRAM = new URL('./measuring-child.js', import.meta.url);

/** Starts a measuring process in a role. */
export function startRole<Result>(role: RoleName, task: object): Child<Result> {
  return startChild<Result>(PROGRAM, { role, task } satisfies Assignment);
}
