import { processEntry } from '../os/process-entry.js';
import type { Segment } from '../segment/segment.js';
import { sleeps } from '../segment/sleep-word.js';
import { type Participant, participantIn, type Slot } from './slot.js';

/**
 * The state of a participant: `alive` and awake; `asleep` until somebody rings; `stopped` (state T: SIGSTOP, Ctrl-Z, a debugger); `writing`: as
 * far as the kernel tells, its main thread waits until its own output is read; `elsewhere`: alive, but in another PID namespace or hidden, so
 * that its PID says nothing here; `dead`.
 */
export type ParticipantState = 'alive' | 'asleep' | 'stopped' | 'writing' | 'elsewhere' | 'dead';

/** The participant in a slot, and its state. */
export interface ParticipantInspection extends Participant {
  /** The program that runs there, such as `node worker.js`; null when that cannot be seen. */
  readonly command: string | null;
  readonly state: ParticipantState;
}

/** The participant in a slot, or undefined. For people: reads /proc. */
export function inspectParticipant(segment: Segment, slot: Slot): ParticipantInspection | undefined {
  const participant = participantIn(segment, slot);
  if (participant === undefined) return undefined;
  const entry = participant.alive ? processEntry(participant.pid, segment.locks.stat()) : undefined;
  const state = (): ParticipantState => {
    if (!participant.alive) return 'dead';
    if (entry === undefined) return 'elsewhere';
    if (entry.isStopped) return 'stopped';
    if (sleeps(segment.memory, slot.index)) return 'asleep';
    return entry.awaitsReader && participant.threadId === 0 ? 'writing' : 'alive';
  };
  return { ...participant, command: entry?.command ?? null, state: state() };
}
