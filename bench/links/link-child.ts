import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { pinThisThread } from '../harness/pin.js';
import type { Role, Workload } from '../harness/workload.js';
import { linkEnd } from './link-ends.js';
import { LINK_KINDS, type LinkName } from './link-kinds.js';

/** One end of a link: a process of its own, or, where the first end starts the second, its child or its worker thread. */
export interface LinkTask extends Workload {
  readonly role: Role;
  readonly link: LinkName;
  readonly address: string;
  readonly chunked: boolean;
}

const SECOND_CORE = 1;

const task = childTask<LinkTask>();
const end = task.role === 'receiver' || task.role === 'pinger' ? 'first' : 'second';
const kind = LINK_KINDS[task.link];
const isStarted = kind.startsSecond && end === 'second';
if (isStarted) pinThisThread(SECOND_CORE);

const { onBytes, meet } = linkEnd(task.role, kind, task, task.chunked);
const secondTask: LinkTask = { ...task, role: task.role === 'receiver' ? 'sender' : 'echo' };
const { address, chunked } = task;
const link = await kind.open({ end, address, chunked, secondTask: JSON.stringify(secondTask), onBytes });
const run = meet(link);
if (!isStarted) await awaitStart();
link.begin?.();
const result = await run();
if (!isStarted) finish(result);
