import path from 'node:path';
import { formatByteSize } from '../byte-size.js';
import type { ParticipantInspection } from '../membership/participant-state.js';
import type { Segment } from '../segment/segment.js';

/**
 * Why a group does not go on. `absent`: nobody is in it. `dead`: its members have died, and nobody has cleaned up yet. `stopped`: a member is
 * stopped (state T). `writing`: a member waits until its own output is read. `slow`: it goes on, but slowly. `silent`: it is alive, and does not
 * read. `alive`: one of these two, when it was looked at only once. `elsewhere`: it is in another PID namespace.
 */
export type HoldReason = 'absent' | 'dead' | 'stopped' | 'writing' | 'slow' | 'silent' | 'alive' | 'elsewhere';

/** What can be done. */
interface Remedy {
  /** In words. If there is a command, it is printed behind them. */
  readonly remedy: string;
  /** A shell command that does it; null when there is none. */
  readonly command: string | null;
}

/** A group that holds a producer back, as an object that JSON can write: for people. */
export interface HeldBack extends Remedy {
  readonly lane: number;
  readonly group: string;
  readonly durable: boolean;
  readonly shared: boolean;
  /** Why the group does not go on. */
  readonly reason: HoldReason;
  readonly members: readonly HoldingMember[];
  /** Bytes of the lane that it has not acknowledged. */
  readonly lagLength: number;
  /** Messages that it has not acknowledged; null when they moved too fast to tell. */
  readonly lagCount: number | null;
  /** Milliseconds since the Unix epoch: when the producer was first refused or, seen from outside, when it last published; null when unknown. */
  readonly sinceMs: number | null;
}

/** A member of a group that holds a producer back. */
export interface HoldingMember extends ParticipantInspection {
  /** True for the member whose messages the producer waits for, if that is a particular member. */
  readonly holds: boolean;
}

/** What to do about a group that holds a producer back. */
export function remedyFor(
  segment: Segment,
  group: string,
  reason: HoldReason,
  members: readonly HoldingMember[],
): Remedy {
  const culprits = culpritsOf(members, reason);
  const who = culprits.map(memberText).join(', ');
  const pids = culprits.map(({ pid }) => pid).join(' ');
  const it = culprits.length > 1 ? 'them' : 'it';
  switch (reason) {
    case 'absent':
    case 'dead':
      return {
        remedy: 'attach a consumer to the group; or, if nobody will ever read what waits in it, remove it with that',
        command: removalCommand(segment, group),
      };
    case 'stopped':
      return { remedy: `${who} is stopped: continue ${it}, or end ${it}`, command: `kill -CONT ${pids}` };
    case 'writing':
      return {
        remedy: `${who} waits until its output is read: read that, or end ${it}`,
        command: `kill -KILL ${pids}`, // blocked in a write, it would not hear of a signal that it handles
      };
    case 'silent':
      return {
        remedy: `${who} is alive and does not read: see what it waits for (somebody who reads its output, say), or end ${it}`,
        command: `kill ${pids}`,
      };
    case 'slow':
      return {
        remedy: `${who} reads more slowly than the producer sends: wait, or let the members of a shared group divide the work`,
        command: null,
      };
    case 'alive':
      return {
        remedy: `${who} is alive: it reads more slowly than the producer sends, or waits for something else (somebody who reads its output, say)`,
        command: null,
      };
    case 'elsewhere':
      return {
        remedy: `${who} is alive, in another PID namespace or hidden from here: look there, in its container`,
        command: null,
      };
  }
}

/** Removes a group that has no members. */
export function removalCommand(segment: Segment, group: string): string {
  return `hermes groups ${segment.name} rm ${group}${directoryArgument(segment)}`;
}

/** `the group default (durable, no members, 1 MiB and 16,384 messages behind)` */
export function heldBackText({ group, durable, shared, members, lagLength, lagCount }: HeldBack): string {
  const kind = [durable ? 'durable' : 'ephemeral', ...(shared ? ['shared'] : [])];
  const count = members.length === 1 ? '1 member' : `${members.length === 0 ? 'no' : members.length} members`;
  const messages = lagCount === null ? '' : ` and ${lagCount.toLocaleString('en')} message${lagCount === 1 ? '' : 's'}`;
  return `the group ${group} (${[...kind, count].join(', ')}, ${formatByteSize(lagLength)}${messages} behind)`;
}

/** `process 4242 (node worker.js)` */
export function memberText({ pid, threadId, command }: Pick<HoldingMember, 'pid' | 'threadId' | 'command'>): string {
  return `process ${pid}${threadId === 0 ? '' : ` thread ${threadId}`}${command === null ? '' : ` (${command})`}`;
}

function culpritsOf(members: readonly HoldingMember[], reason: HoldReason): readonly HoldingMember[] {
  const holding = members.filter(({ holds, state }) => holds && state !== 'dead');
  const those = holding.length > 0 ? holding : members.filter(({ state }) => state !== 'dead');
  return reason === 'stopped' || reason === 'writing' ? those.filter(({ state }) => state === reason) : those;
}

/** The part of a command that names the directory, as a shell takes it, if it is not the default one. */
function directoryArgument({ path: file }: Segment): string {
  const directory = path.dirname(file);
  if (directory === `/dev/shm/hermes-${process.getuid?.()}` && process.env.HERMES_DIR === undefined) return '';
  return ` --directory ${/^[\w./-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", "'\\''")}'`}`;
}
