import { setTimeout as sleep } from 'node:timers/promises';
import { heldBackText, memberText } from '../control/held-back-remedy.js';
import { inspectAgain } from '../control/inspect-segment.js';
import type { HeldBack, LaneInspection, SegmentInspection } from '../index.js';
import { heading, warning } from './output.js';
import { wrapped } from './text-wrap.js';

/** Milliseconds between two looks, which show whether a group is slow or stands still. */
const LOOK_AGAIN_MS = 200;

/** Looks at a segment. If a living member holds somebody back, it looks once more, to see whether that member goes on. */
export async function inspectTwice(segment: string, directory: string | undefined): Promise<SegmentInspection> {
  const first = inspectAgain(undefined, segment, { directory });
  const isUnclear = first.lanes.some(({ heldBackBy }) => heldBackBy.some(({ reason }) => reason === 'alive'));
  if (!isUnclear) return first;
  await sleep(LOOK_AGAIN_MS);
  return inspectAgain(first, segment, { directory });
}

/** Says who holds whom back, since when, and what to do. Empty if nobody is held back. */
export function heldBackSection({ lanes }: SegmentInspection, width: number): string {
  const held = lanes.filter(({ heldBackBy }) => heldBackBy.length > 0);
  if (held.length === 0) return '';
  return `${[heading('HELD BACK'), ...held.flatMap((lane) => laneText(lane, width))].join('\n')}\n`;
}

/** True if an attached producer is held back. */
export function isHeldBack({ lanes }: SegmentInspection): boolean {
  return lanes.some(({ producer, heldBackBy }) => producer?.alive && heldBackBy.length > 0);
}

/** `waits for room since 2026-01-31T12:00:00.000Z (4.2 s)` */
export function waitingText({ waitsFor, producer, heldBackBy: [by] }: LaneInspection): string {
  const since = by?.sinceMs == null ? '' : ` since ${sinceText(by.sinceMs)}`;
  if (waitsFor === 'acknowledgement') return `waits in flush for acknowledgements; last message${since}`;
  return producer === null ? `no room${since}` : `waits for room${since}`;
}

function laneText(lane: LaneInspection, width: number): string[] {
  const who = lane.producer === null ? 'no producer' : memberText(lane.producer);
  return [
    warning(wrapped(`lane ${lane.lane}, ${who}: ${waitingText(lane)}`, width, '  ', '    ')),
    ...lane.heldBackBy.flatMap((by) => [
      wrapped(`held back by ${heldBackText(by)}`, width, '    ', '      '),
      ...remedyLines(by, width),
    ]),
  ];
}

/** A command stays on one line, so that it can be pasted. */
function remedyLines({ remedy, command }: HeldBack, width: number): string[] {
  const words = wrapped(`${remedy}${command === null ? '' : ':'}`, width, '    ', '      ');
  return command === null ? [words] : [words, `      ${command}`];
}

function sinceText(ms: number): string {
  return `${new Date(ms).toISOString()} (${((Date.now() - ms) / 1000).toFixed(1)} s)`;
}
