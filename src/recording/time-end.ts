import { inspectJournal } from '../journal/inspect-journal.js';
import { type JournalReader, openJournal } from '../journal/journal-reader.js';
import type { Message } from '../ring/message.js';

/** Messages at or behind the time before the first look; before each later one there are twice as many. */
const FIRST_LOOK_COUNT = 1024;

/**
 * Says when nothing before a time follows in a journal, though its lanes do not come in the order of their times. Within a lane
 * times never go back: so its next message tells of all that follow it. One look seeks once for each lane: some ms.
 */
export class TimeEnd {
  private countdown = FIRST_LOOK_COUNT;
  private nextCount: number = 2 * FIRST_LOOK_COUNT;

  constructor(
    private readonly reader: JournalReader,
    private readonly timeNs: bigint,
  ) {}

  /** To be asked for each message at or behind the time. Looks now and then. */
  isReached(): boolean {
    if (--this.countdown > 0) return false;
    this.countdown = this.nextCount;
    this.nextCount *= 2;
    return this.isOver();
  }

  private isOver(): boolean {
    const { reader } = this;
    const { files, lanes } = inspectJournal(reader.directory);
    const present = files.findLast(({ firstPosition }) => firstPosition <= reader.position);
    if (present?.segmentId !== files.at(-1)?.segmentId) return false; // sequences are the last segment's
    using probe = openJournal(reader.directory, { from: { position: reader.position }, skipDamage: true });
    return lanes.every(({ lane, nextSequence }) => {
      const due = reader.nextSequence(lane) ?? 0;
      return due >= nextSequence || timeOf(probe, lane, due) >= this.timeNs;
    });
  }
}

/** The time of the first message of a lane from a sequence on, which is there. */
function timeOf(probe: JournalReader, lane: number, sequence: number): bigint {
  let timeNs = 0n;
  probe.seek({ lane, sequence });
  probe.read((message: Message) => {
    timeNs = message.timestamp;
  }, 1);
  return timeNs;
}
