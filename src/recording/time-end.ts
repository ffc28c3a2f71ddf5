import { inspectJournal } from '../journal/inspect-journal.js';
import { type JournalReader, openJournal } from '../journal/journal-reader.js';
import type { Message } from '../ring/message.js';

/** How many messages at or behind the time are met before the first look at all lanes; a lane that is read alone is looked at at once. */
const FIRST_LOOK_COUNT = 1024;

/**
 * Says when no message before a time follows in a journal, although its lanes do not come in the order of their times. Within a lane
 * times never go back, so the next message speaks for all that follow it. The last message is checked too, in case a writer did not
 * keep to that, or a segment had another clock. One look seeks twice for each lane, which takes some milliseconds. Each time, twice as
 * many messages as before pass until the next look.
 */
export class TimeEnd {
  private countdown: number;
  private nextCount: number;

  /** `lane`: the lane that is read alone. */
  constructor(
    private readonly reader: JournalReader,
    private readonly timeNs: bigint,
    private readonly lane?: number | undefined,
  ) {
    this.countdown = lane === undefined ? FIRST_LOOK_COUNT : 1;
    this.nextCount = 2 * this.countdown;
  }

  /** To be called for each message at or behind the time. Looks now and then. */
  isReached(): boolean {
    if (--this.countdown > 0) return false;
    this.countdown = this.nextCount;
    this.nextCount *= 2;
    return this.isOver();
  }

  private isOver(): boolean {
    const { reader } = this;
    const { files, unusable, lanes, journalId, segmentId } = inspectJournal(reader.directory);
    if (journalId !== reader.journalId) return false; // another one was begun there: the reader will find out
    if (unusable.length > 0) return false; // nobody knows what is in them
    // The sequences are the last segment's. Other segments have to be read.
    const rest = files.filter(({ endPosition }) => endPosition > reader.position);
    if (rest.some((file) => file.segmentId !== segmentId)) return false;
    using probe = openJournal(reader.directory, { from: { position: reader.position }, skipDamage: true });
    return lanes.every(({ lane, nextSequence }) => {
      if (this.lane !== undefined && this.lane !== lane) return true;
      const due = reader.nextSequence(lane) ?? 0;
      const isBehind = (sequence: number) => timeOf(probe, lane, sequence) >= this.timeNs;
      return due >= nextSequence || (isBehind(due) && isBehind(nextSequence - 1));
    });
  }
}

/** The time of the first message of a lane from a sequence on. It must be there. */
function timeOf(probe: JournalReader, lane: number, sequence: number): bigint {
  let timeNs = 0n;
  probe.seek({ lane, sequence });
  probe.read((message: Message) => {
    timeNs = message.timestamp;
  }, 1);
  return timeNs;
}
