import type { Damage } from './corrupt-journal.js';
import { type Found, type JournalWalker, MESSAGE } from './journal-walker.js';
import { lostBehind } from './lost-records.js';
import type { MappedFile } from './mapped-file.js';
import { surveyTail } from './tail-survey.js';

/** What is the matter at a place where a walk has found no whole record. */
export interface BrokenWalk {
  readonly damage: Damage | undefined;
  /** Byte offset where the walk goes on; undefined at the end of what was written. */
  readonly nextOffset: number | undefined;
}

/**
 * Looks for whole records behind the place of a walker, and, where there are none, for what shows that there were. `isLast`: no
 * file is behind this one. Undefined when something was written or wiped meanwhile. Looks at all bytes from there on, and at the index.
 */
export function surveyBrokenWalk(walker: JournalWalker, found: Found, isLast: boolean): BrokenWalk | undefined {
  const { file, offset } = walker;
  const { nextRecordOffset } = surveyTail(file, offset, walker.sequences);
  const isTail = nextRecordOffset === -1;
  const lost = isTail ? lostBehind(file, offset) : undefined;
  const again = walker.next(); // only what is still so is damage
  if (again === MESSAGE) walker.stepBack();
  if (again !== found) return undefined;
  const end = isTail ? file.dataEnd : nextRecordOffset;
  const nextOffset = isTail && isLast ? undefined : end;
  if (nextOffset === undefined && lost === undefined) return { damage: undefined, nextOffset };
  const toPosition = lost?.toPosition ?? file.positionAt(end);
  return { damage: damageAt(file, offset, toPosition, lost?.fault ?? walker.fault()), nextOffset };
}

function damageAt(file: MappedFile, offset: number, toPosition: number, fault: string): Damage {
  return { file: file.path, fromPosition: file.positionAt(offset), toPosition, fault };
}
