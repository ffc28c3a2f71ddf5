import { memberText } from '../control/held-back-remedy.js';
import type { ParticipantInspection } from '../index.js';
import { formatTime } from './output.js';

/** Seconds after which a participant that is neither dead nor stopped is said not to let its event loop turn. */
const OLD_HEARTBEAT_S = 1;

const STATES: Readonly<Record<ParticipantInspection['state'], string>> = {
  alive: 'alive',
  asleep: 'alive, asleep',
  stopped: 'stopped (state T)',
  writing: 'alive, waits until its output is read',
  elsewhere: 'alive, elsewhere (another PID namespace, or hidden)',
  dead: 'dead',
};

/** `process 4242 (node worker.js): alive since 2026-01-31T12:00:00.000Z` */
export function participantText(participant: ParticipantInspection): string {
  const { attachedAtNs, state } = participant;
  return `${memberText(participant)}: ${STATES[state]}${beatText(participant)}, attached ${formatTime(attachedAtNs)}`;
}

function beatText({ heartbeatNs, state }: ParticipantInspection): string {
  if (state === 'dead') return '';
  const seconds = (Date.now() - Number(BigInt(heartbeatNs) / 1_000_000n)) / 1000;
  return `, heartbeat ${seconds.toFixed(1)} s ago${seconds > OLD_HEARTBEAT_S && state === 'alive' ? ' (busy, or blocked)' : ''}`;
}
