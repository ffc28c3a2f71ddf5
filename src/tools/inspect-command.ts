import type { LaneInspection, SegmentInspection } from '../index.js';
import { formatByteSize } from './byte-size.js';
import { type Command, defineCommand, SEGMENT } from './command.js';
import { groupsText, participantText } from './groups-text.js';
import { heldBackSection, inspectTwice, waitingText } from './held-back-section.js';
import { formatCount, formatTime, heading, json, terminalWidth, writeData } from './output.js';
import { detailedTable } from './text-table.js';
import { wrapped } from './text-wrap.js';

export const inspectCommand: Command = defineCommand({
  command: 'inspect <segment>',
  describe: 'Show what a segment is, and who is attached to it',
  places: SEGMENT,
  options: { json: { type: 'boolean', default: false, describe: 'One object' } },
  examples: { '$0 inspect ticks': 'lanes, groups, how far each has got' },
  async handler({ segment, json: asJson, directory }) {
    const inspection = await inspectTwice(segment, directory);
    await writeData(asJson ? json(inspection) : inspectionText(inspection, terminalWidth()));
  },
});

function inspectionText(segment: SegmentInspection, width: number): string {
  const facts = [
    ['path', segment.path],
    ['size', `${formatByteSize(segment.fileLength)}, layout ${segment.layout}`],
    ['id', segment.segmentId],
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
  const titleWidth = Math.max(...facts.map(([name = '']) => name.length));
  const heldBack = heldBackSection(segment, width);
  return [
    heading(segment.name),
    ...facts.map(([name = '', value = '']) => wrapped(value, width, `  ${name.padEnd(titleWidth)}  `)),
    '',
    segment.lanes.length === 0 ? 'No producer has been attached yet.\n' : lanesText(segment.lanes, width),
    segment.groups.length === 0
      ? 'No groups: nobody holds the producers back.\n'
      : groupsText(segment.groups, segment.lanes, width),
    ...(heldBack === '' ? [] : [heldBack]),
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

function lanesText(lanes: readonly LaneInspection[], width: number): string {
  const header = ['LANE', 'MESSAGES', 'POSITION', 'REFUSED', 'ABORTED'];
  const row = (lane: LaneInspection) => ({
    cells: [
      `${lane.lane}`,
      lane.messages === null ? '' : formatCount(lane.messages),
      formatCount(lane.position),
      formatCount(lane.backPressured),
      formatCount(lane.abortedClaims),
    ],
    details: [
      lane.producer === null ? 'no producer' : participantText(lane.producer),
      ...(lane.heldBackBy.length > 0 && lane.producer !== null ? [waitingText(lane)] : []),
    ],
  });
  return detailedTable(header, lanes.map(row), width);
}

function coordinatorText({ pid, origin, reapCount, error }: NonNullable<SegmentInspection['coordinator']>): string {
  const reaped = reapCount === 0 ? 'nobody has died yet' : `cleaned up ${formatCount(reapCount)} times`;
  return `process ${pid}, ${origin}, ${error ?? reaped}`;
}
