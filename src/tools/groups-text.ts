import type { GroupInspection, LaneInspection } from '../index.js';
import { formatByteSize } from './byte-size.js';
import { formatCount } from './output.js';
import { participantText } from './participant-text.js';
import { detailedTable } from './text-table.js';

/** A table of groups, the members of each below it, and which lanes it holds back. */
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
