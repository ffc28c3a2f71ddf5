import type { JournalRecord } from './journal.js';
import { DEFAULT_LIMIT, LANES, MOST_UNNOTED, QUEUE_LIMIT } from './life-command.js';

/** How lives ended: after one that ended in order, nothing is delivered again. */
export interface Endings {
  /** Lives of a role's members that were killed. */
  isKilled(life: number): boolean;
  readonly killedQueueMembers: number;
}

/** What happened to the messages of all lanes. */
export interface Findings {
  readonly violations: string[];
  readonly messages: number;
  readonly defaultRepeated: number;
  readonly queueRepeated: number;
}

const MOST_NUMBERS = 2 ** 24;

interface Handling {
  readonly member: number;
  readonly lane: number;
  readonly sequence: number;
  readonly id: number;
  readonly isWhole: boolean;
  readonly isRedelivered: boolean;
}

function handling([member, lane, sequence, life, number, whole, redelivered]: JournalRecord): Handling {
  const id = life! * MOST_NUMBERS + number!;
  return {
    member: member!,
    lane: lane!,
    sequence: sequence!,
    id,
    isWhole: whole === 1,
    isRedelivered: redelivered === 1,
  };
}

/** Checks all that was handled against all that was offered: `published` is each lane's count by the segment itself. */
export function verify(
  journals: { default: Iterable<JournalRecord>; queue: Iterable<JournalRecord>; offered: Iterable<JournalRecord> },
  published: readonly number[],
  endings: Endings,
): Findings {
  const violations: string[] = [];
  const lanes = Array.from({ length: LANES }, (): number[] => []);
  const defaultRepeated = checkDefault(journals.default, lanes, endings, violations);
  for (const [lane, ids] of lanes.entries()) {
    const expected = published[lane] ?? 0;
    if (ids.length !== expected)
      violations.push(`default, lane ${lane}: ${ids.length} of ${expected} messages handled`);
  }
  const queueRepeated = checkQueue(journals.queue, lanes, endings, violations);
  checkOffered(journals.offered, lanes, violations);
  return { violations, messages: lanes.reduce((sum, ids) => sum + ids.length, 0), defaultRepeated, queueRepeated };
}

/** The exclusive group: in order, no gap, repeats only at a killed member's successor. Fills `lanes` with the ids. */
function checkDefault(log: Iterable<JournalRecord>, lanes: number[][], endings: Endings, violations: string[]): number {
  const progress = lanes.map(() => ({ member: 0, cursor: 0 }));
  let repeated = 0;
  for (const record of log) {
    const { member, lane, sequence, id, isWhole, isRedelivered } = handling(record);
    const ids = lanes[lane]!;
    const state = progress[lane]!;
    const where = `default, lane ${lane}, sequence ${sequence}, member ${member}`;
    if (!isWhole) violations.push(`${where}: the payload is not that of the message`);
    if (isRedelivered) violations.push(`${where}: marked as redelivered`);
    if (member === state.member && sequence !== state.cursor) violations.push(`${where}: after ${state.cursor - 1}`);
    if (sequence > ids.length) violations.push(`${where}: ${ids.length} and the following were lost`);
    if (sequence < ids.length) {
      repeated++;
      if (ids[sequence] !== id) violations.push(`${where}: came with another content before`);
      if (ids.length - sequence > DEFAULT_LIMIT) violations.push(`${where}: more than a batch came again`);
      if (member !== state.member && !endings.isKilled(state.member))
        violations.push(`${where}: came again, and ${state.member} was not killed`);
    }
    ids[sequence] = id;
    progress[lane] = { member, cursor: sequence + 1 };
  }
  return repeated;
}

/** The shared group: every message, by claim at most once, again only after a death and at most a batch for each. */
function checkQueue(
  log: Iterable<JournalRecord>,
  lanes: readonly number[][],
  endings: Endings,
  violations: string[],
): number {
  const handled = lanes.map((ids) => ({
    times: new Uint16Array(ids.length),
    claims: new Uint16Array(ids.length),
    last: new Uint32Array(ids.length),
  }));
  const repeatedOf = new Map<number, number>();
  let repeated = 0;
  for (const record of log) {
    const { member, lane, sequence, id, isWhole, isRedelivered } = handling(record);
    const where = `queue, lane ${lane}, sequence ${sequence}, member ${member}`;
    const { times, claims, last } = handled[lane]!;
    if (!isWhole) violations.push(`${where}: the payload is not that of the message`);
    if (lanes[lane]![sequence] !== id) violations.push(`${where}: not what default got`);
    if (!isRedelivered && ++claims[sequence]! > 1)
      violations.push(`${where}: claimed twice, also by ${last[sequence]}`);
    if (times[sequence]!++ > 0) {
      repeated++;
      const former = last[sequence]!;
      if (endings.isKilled(former)) repeatedOf.set(former, (repeatedOf.get(former) ?? 0) + 1);
    }
    last[sequence] = member;
  }
  for (const [lane, { times }] of handled.entries()) {
    const lost = times.reduce((count, time) => count + (time === 0 ? 1 : 0), 0);
    if (lost > 0) violations.push(`queue, lane ${lane}: ${lost} messages lost, the first ${times.indexOf(0)}`);
  }
  // Of a killed member: what it had claimed, and once more what it was handling in a dead one's place.
  for (const [member, count] of repeatedOf) {
    if (count > 2 * QUEUE_LIMIT) violations.push(`queue: ${count} messages of member ${member} came again`);
  }
  if (repeated > endings.killedQueueMembers * QUEUE_LIMIT) {
    violations.push(`queue: ${repeated} came again upon ${endings.killedQueueMembers} deaths`);
  }
  return repeated;
}

/** Each producer's messages in order and once, all that it had noted, and at most a batch that it had not. */
function checkOffered(offered: Iterable<JournalRecord>, lanes: readonly number[][], violations: string[]): void {
  const noted = new Map<number, number>();
  for (const [life, , count] of offered) noted.set(life!, Math.max(noted.get(life!) ?? 0, count!));
  const found = new Map<number, number[]>();
  for (const ids of lanes) {
    const latest = new Map<number, number>();
    for (const id of ids) {
      const [life, number] = [Math.floor(id / MOST_NUMBERS), id % MOST_NUMBERS];
      if (number <= (latest.get(life) ?? -1))
        violations.push(`producer ${life}: ${number} came after ${latest.get(life)}`);
      latest.set(life, number);
      const numbers = found.get(life) ?? [];
      numbers[number] = (numbers[number] ?? 0) + 1;
      found.set(life, numbers);
    }
  }
  for (const life of new Set([...noted.keys(), ...found.keys()])) {
    const numbers = found.get(life) ?? [];
    const count = noted.get(life) ?? 0;
    if (numbers.length < count)
      violations.push(`producer ${life}: ${count - numbers.length} of ${count} accepted messages lost`);
    if (numbers.length > count + MOST_UNNOTED)
      violations.push(`producer ${life}: ${numbers.length} messages, ${count} accepted`);
    for (let number = 0; number < numbers.length; number++) {
      if (numbers[number] !== 1)
        violations.push(`producer ${life}: message ${number} was published ${numbers[number] ?? 0} times`);
    }
  }
}
