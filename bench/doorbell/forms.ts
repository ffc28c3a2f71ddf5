import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createSegment } from '../../src/index.js';
import { runChildren, startChild } from '../../src/tools/bench/child.js';
import { textTable } from '../../src/tools/text-table.js';
import type { FormResult, FormTask } from './forms-child.js';
import { spread } from './spread.js';

// What the asynchronous forms carry beside poll, or offerBatch, between two processes at full load, in rounds that take turns.
// node dist/bench/doorbell/forms.js [rounds] [messages]

const [ROUNDS = 5, MESSAGES = 3_000_000] = process.argv.slice(2).map(Number);
const CHILD = new URL('./forms-child.js', import.meta.url);
/** Forms to receive, and to send while the other end polls. The first is what the others are compared with. */
const FORMS = ['poll', 'batches', 'for await', 'readable', 'pipeline'] as const;
const SENDING = ['send', 'writable'] as const;

const never = new AbortController().signal;
const directory = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'hermes-bench-'));
let names = 0;

async function measure(sending: string, receiving: string): Promise<FormResult & { rate: number }> {
  const segment = `forms-${names++}`;
  createSegment(segment, { directory, producers: 1, maxGroups: 1, members: 1 });
  const task = { segment, directory, messageCount: MESSAGES };
  const tasks: FormTask[] = [
    { ...task, role: 'consumer', form: receiving },
    { ...task, role: 'producer', form: sending },
  ];
  const [consumer] = await runChildren(
    tasks.map((each) => startChild<FormResult>(CHILD, each)),
    never,
  );
  fs.rmSync(path.join(directory, segment));
  return { ...consumer!, rate: MESSAGES / consumer!.seconds / 1e6 };
}

const results = new Map<string, { rate: number; ratio: number; lateP99Ms: number }[]>();
const note = (name: string, { rate, lateP99Ms }: { rate: number; lateP99Ms: number }, base: number) =>
  results.set(name, [...(results.get(name) ?? []), { rate, ratio: rate / base, lateP99Ms }]);
try {
  for (let round = 0; round < ROUNDS; round++) {
    let base = 0;
    for (const form of FORMS) {
      const result = await measure('offerBatch', form);
      base ||= result.rate;
      note(form, result, base);
    }
    for (const form of SENDING) note(`${form} → poll`, await measure(form, 'poll'), base);
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
} finally {
  fs.rmSync(directory, { recursive: true });
}
const rows = [...results].map(([form, found]) => [
  form,
  spread(found.map(({ rate }) => rate)),
  spread(found.map(({ ratio }) => ratio)),
  spread(found.map(({ lateP99Ms }) => lateP99Ms)),
]);
process.stdout.write(textTable(['64 B PAYLOAD', 'M/s', '/ POLL', '10 ms TIMER LATE, P99 ms'], rows));
