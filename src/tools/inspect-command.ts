import {
  type GroupInspection,
  inspectSegment,
  type LaneInspection,
  type Participant,
  type SegmentInspection,
} from '../index.js';
import { formatByteSize } from './byte-size.js';
import type { Command, CommonArguments } from './command.js';
import { formatCount, formatTime, heading, json, writeData } from './output.js';
import { textTable } from './text-table.js';

interface InspectArguments extends CommonArguments {
  readonly segment: string;
  readonly json: boolean;
}

export const inspectCommand: Command<InspectArguments> = {
  command: 'inspect <segment>',
  describe: 'Show what a segment is, and who is attached to it',
  builder: (yargs) =>
    yargs
      .positional('segment', { type: 'string', demandOption: true, describe: 'Its name' })
      .option('json', { type: 'boolean', default: false, describe: 'One object' })
      .example('$0 inspect ticks', 'lanes, groups, how far each has got'),
  async handler({ segment, json: asJson, directory }) {
    const inspection = inspectSegment(segment, { directory });
    await writeData(asJson ? json(inspection) : inspectionText(inspection));
  },
};

function inspectionText(segment: SegmentInspection): string {
  const facts = [
    ['path', segment.path],
    ['size', `${formatByteSize(segment.fileLength)}, layout ${segment.layout}, id ${segment.segmentId}`],
    ['created', `${formatTime(segment.createdAtNs)}${segment.isOfThisBoot ? '' : ', before the machine was started'}`],
    [
      'lanes',
      `${segment.producers}, of ${formatByteSize(segment.capacity)} each, payloads to ${formatByteSize(segment.maxPayload)}`,
    ],
    [
      'groups',
      `up to ${segment.maxGroups}, of up to ${segment.members} members each; declared: ${declaredText(segment)}`,
    ],
    ['records', `${segment.checksum ? 'with' : 'no'} checksum, ${segment.timestamps ? 'with' : 'no'} timestamp`],
  ];
  if (segment.coordinator !== null) facts.push(['coordinator', coordinatorText(segment.coordinator)]);
  if (segment.isRemoved) facts.push(['state', 'being removed']);
  if (segment.unknownRequirements !== 0) facts.push(['requires', requirementsText(segment)]);
  const width = Math.max(...facts.map(([name = '']) => name.length));
  return [
    heading(segment.name),
    ...facts.map(([name = '', value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    segment.lanes.length === 0 ? 'No producer has been attached yet.\n' : lanesText(segment.lanes),
    segment.groups.length === 0 ? 'No groups: nobody holds the producers back.\n' : groupsText(segment.groups),
  ].join('\n');
}

/** Those that stay without members, however they came to be. */
function declaredText({ groups }: SegmentInspection): string {
  const declared = groups
    .filter(({ durable }) => durable)
    .map(({ name, shared }) => (shared ? `${name} (shared)` : name));
  return declared.join(', ') || 'none';
}

function requirementsText({ unknownRequirements }: SegmentInspection): string {
  return `what this version of Hermes does not know (0x${unknownRequirements.toString(16)}): it can only look`;
}

function lanesText(lanes: readonly LaneInspection[]): string {
  const header = ['LANE', 'MESSAGES', 'POSITION', 'REFUSED', 'ABORTED', 'PRODUCER'];
  const row = (lane: LaneInspection) => [
    `${lane.lane}`,
    lane.messages === null ? '' : formatCount(lane.messages),
    formatCount(lane.position),
    formatCount(lane.backPressured),
    formatCount(lane.abortedClaims),
    lane.producer === null ? 'none' : participantText(lane.producer),
  ];
  return textTable(header, lanes.map(row));
}

export function groupsText(groups: readonly GroupInspection[]): string {
  const header = ['GROUP', 'KIND', 'LAG', 'MESSAGES', 'LOST', 'ORPHANS', 'REDELIVERED', 'MEMBERS'];
  const row = (group: GroupInspection) => [
    group.name,
    [group.mode, group.durable ? 'durable' : 'ephemeral', ...(group.shared ? ['shared'] : [])].join(' '),
    group.mode === 'lossy' ? '' : formatByteSize(group.lagLength),
    group.mode === 'lossy' || group.lagCount === null ? '' : formatCount(group.lagCount),
    group.mode === 'lossy' ? formatCount(group.lost) : '',
    group.shared ? formatCount(group.orphanCount) : '',
    group.shared ? formatCount(group.redelivered) : '',
    group.members.length === 0 ? 'none' : group.members.map(participantText).join('; '),
  ];
  return textTable(header, groups.map(row));
}

function participantText({ pid, threadId, attachedAtNs, heartbeatNs, alive }: Participant): string {
  const thread = threadId === 0 ? '' : ` thread ${threadId}`;
  const beat = `${((Date.now() - Number(BigInt(heartbeatNs) / 1_000_000n)) / 1000).toFixed(1)} s ago`;
  return `process ${pid}${thread} since ${formatTime(attachedAtNs)}, ${alive ? `alive, heartbeat ${beat}` : 'dead'}`;
}

function coordinatorText({ pid, origin, reapCount, error }: NonNullable<SegmentInspection['coordinator']>): string {
  const reaped = reapCount === 0 ? 'nobody has died yet' : `cleaned up ${formatCount(reapCount)} times`;
  return `process ${pid}, ${origin}, ${error ?? reaped}`;
}
