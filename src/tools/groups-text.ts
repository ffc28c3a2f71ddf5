import { memberText } from '../control/held-back-remedy.js';
import type { GroupInspection, LaneInspection, ParticipantInspection } from '../index.js';
import { formatByteSize } from './byte-size.js';
import { formatCount, formatTime } from './output.js';
import { detailedTable } from './text-table.js';

/** A participant that is alive, with a heartbeat older than this many seconds, is said to be busy or blocked. */
const OLD_HEARTBEAT_S = 1;

const STATES: Readonly<Record<ParticipantInspection['state'], string>> = {
  alive: 'alive',
  asleep: 'alive, asleep',
  stopped: 'stopped (state T)',
  writing: 'alive, waits until its output is read',
  elsewhere: 'alive, elsewhere (another PID namespace, or hidden)',
  dead: 'dead',
};

/** A table of groups. Below each are the lanes that it holds back, and its members. */
export function groupsText(
  groups: readonly GroupInspection[],
  lanes: readonly LaneInspection[],
  width: number,
): string {
  const header = ['GROUP', 'KIND', 'LAG', 'MESSAGES', 'LOST', 'ORPHANS', 'REDELIVERED'];
  const row = (group: GroupInspection) => ({
    cells: [
      group.name,
      [group.mode, group.durable ? 'durable' : 'ephemeral', ...(group.shared ? ['shared'] : [])].join(' '),
      group.mode === 'lossy' ? '' : formatByteSize(group.lagLength),
      group.mode === 'lossy' || group.lagCount === null ? '' : formatCount(group.lagCount),
      group.mode === 'lossy' ? formatCount(group.lost) : '',
      group.shared ? formatCount(group.orphanCount) : '',
      group.shared ? formatCount(group.redelivered) : '',
    ],
    details: [
      ...holdingText(group, lanes),
      ...(group.members.length === 0 ? ['no members'] : group.members.map(participantText)),
    ],
  });
  return detailedTable(header, groups.map(row), width);
}

function holdingText({ name }: GroupInspection, lanes: readonly LaneInspection[]): string[] {
  const held = lanes.filter(({ heldBackBy }) => heldBackBy.some(({ group }) => group === name)).map(({ lane }) => lane);
  return held.length === 0 ? [] : [`holds back lane${held.length === 1 ? '' : 's'} ${held.join(', ')}`];
}

/** `process 4242 (node worker.js): alive since 2026-01-31T12:00:00.000Z` */
export function participantText(participant: ParticipantInspection): string {
  const { attachedAtNs, state, cpu } = participant;
  return `${memberText(participant)}: ${STATES[state]}${beatText(participant)}, attached ${formatTime(attachedAtNs)}${cpu === null ? '' : `, on CPU ${cpu}`}`;
}

function beatText({ heartbeatNs, state }: ParticipantInspection): string {
  if (state === 'dead') return '';
  const seconds = (Date.now() - Number(BigInt(heartbeatNs) / 1_000_000n)) / 1000;
  return `, heartbeat ${seconds.toFixed(1)} s ago${seconds > OLD_HEARTBEAT_S && state === 'alive' ? ' (busy, or blocked)' : ''}`;
}
