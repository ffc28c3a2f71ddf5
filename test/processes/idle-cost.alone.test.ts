import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';

const WATCHED_MS = 2000;
const MOST_SWITCHES_PER_SECOND = 10;
/** A tick of the kernel's is 10 ms; of a core, 2 %. The issue asks for 0.2 % of a minute. */
const MOST_TICKS = (WATCHED_MS / 10) * 0.02;

interface Use {
  readonly voluntarySwitches: number;
  /** Of 10 ms of a core. */
  readonly ticks: number;
}

/** What the main thread of a process has used so far. */
function useOf(pid: number): Use {
  const status = fs.readFileSync(`/proc/${pid}/task/${pid}/status`, 'ascii');
  const stat = fs.readFileSync(`/proc/${pid}/task/${pid}/stat`, 'ascii');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from field 3 on
  return {
    voluntarySwitches: Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)![1]),
    ticks: Number(fields[11]) + Number(fields[12]), // utime, stime
  };
}

/** How often a sleeping process is woken a second, and what that costs it. */
async function idleUse(directory: string, wait: string): Promise<Use> {
  const child = Child.start(
    `import { attachConsumer, attachProducer } from 'hermes:index.js';
     const options = { directory: process.argv[1] };
     const waiting = ${wait};
     setTimeout(() => console.log('waits'), 300); // compiled, collected and settled
     await waiting;`,
    directory,
  );
  expect(await child.line()).toBe('waits');
  await setTimeout(200);
  const before = useOf(child.pid);
  await setTimeout(WATCHED_MS);
  const after = useOf(child.pid);
  return {
    voluntarySwitches: ((after.voluntarySwitches - before.voluntarySwitches) * 1000) / WATCHED_MS,
    ticks: after.ticks - before.ticks,
  };
}

const CONSUMER = `attachConsumer('ticks', { ...options, group: 'sleeper' })`;
const FILL = `const producer = attachProducer('ticks', options); while (producer.offer(Buffer.alloc(1000)) >= 0);`;

const WAITS: readonly (readonly [string, string])[] = [
  ['a consumer in for await', `(async () => { for await (const _ of ${CONSUMER}); })()`],
  ['a consumer in waitAsync', `${CONSUMER}.waitAsync()`],
  ['a producer in send', `(() => { ${FILL} return producer.send(Buffer.alloc(1000)); })()`],
  ['a producer in flush', `(() => { ${FILL} return producer.flush(); })()`],
];

test('who sleeps is woken less than ten times a second, and costs next to nothing', async () => {
  const uses = await Promise.all(
    WAITS.map(([, wait]) => {
      const { directory, producer } = attachedPair({ producers: 2, maxGroups: 3 });
      offerNumbers(producer, 0, 1);
      return idleUse(directory, wait);
    }),
  );
  for (const [i, { voluntarySwitches, ticks }] of uses.entries()) {
    const [what] = WAITS[i]!;
    expect(voluntarySwitches, what).toBeLessThan(MOST_SWITCHES_PER_SECOND);
    expect(ticks, what).toBeLessThanOrEqual(MOST_TICKS);
  }
});
