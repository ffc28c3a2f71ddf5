import { childTask, finish } from './child.js';
import type { Assignment, RoleName } from './role.js';

// The program of every process that measures for `hermes bench` and `hermes demo`: it plays its role and sends the result.

/** Gets ready, waits for the start, measures. Returns what it has found. */
type Role = (task: never) => Promise<unknown>;

/** A process loads only what its own role needs. */
const ROLES: Readonly<Record<RoleName, () => Promise<Role>>> = {
  throughput: async () => (await import('./throughput-ends.js')).throughputEnd,
  latency: async () => (await import('./latency-ends.js')).latencyEnd,
  socket: async () => (await import('./socket-ends.js')).socketEnd,
};

const { role, task } = childTask<Assignment>();
const play = await ROLES[role]();
finish(await play(task as never));
