import { childTask, finish } from '../src/tools/bench/child.js';
import type { Assignment, RoleName } from './runner/role.js';

// The program of every process that the bench starts: plays the role that it is given and sends what that found.

/** Gets ready, waits for the start, measures. What it found. */
type Role<Task> = (task: Task) => Promise<unknown>;

/** Loads what one role needs, and not what others do: a process starts for every measurement. */
const ROLES: Readonly<Record<RoleName, () => Promise<Role<never>>>> = {
  ring: async () => (await import('./rings/ring-ends.js')).ringEnd,
  link: async () => (await import('./links/link-ends.js')).linkEnd,
  crowd: async () => (await import('./parts/crowds.js')).oneOfCrowd,
  rate: async () => (await import('./parts/rate.js')).rateEnd,
  lanes: async () => (await import('./parts/lanes.js')).pollLanes,
  'hot-method': async () => (await import('./parts/micro.js')).callHotMethod,
  memory: async () => (await import('./parts/memory.js')).watchMemory,
  wake: async () => (await import('./doorbell/compare.js')).wakeEnd,
  form: async () => (await import('./doorbell/forms.js')).formEnd,
  idle: async () => (await import('./idle/system-calls.js')).subject,
};

const { role, task } = childTask<Assignment>();
const play = await ROLES[role]();
finish(await play(task as never));
