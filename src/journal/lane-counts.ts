/** What reading every record of a journal has shown of one lane. */
export interface LaneVerification {
  /** Hexadecimal. */
  readonly segmentId: string;
  readonly lane: number;
  readonly messages: number;
  /** Sequences of the first and of the last message. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** Counts the messages of each lane of each segment. */
export class LaneCounts {
  private readonly segments = new Map<
    string,
    Map<number, { -readonly [K in keyof LaneVerification]: LaneVerification[K] }>
  >();

  add(segmentId: string, lane: number, sequence: number): void {
    const lanes = this.segments.get(segmentId) ?? new Map();
    const found = lanes.get(lane);
    if (found === undefined) {
      lanes.set(lane, { segmentId, lane, messages: 1, firstSequence: sequence, lastSequence: sequence });
      this.segments.set(segmentId, lanes);
      return;
    }
    found.messages++;
    found.lastSequence = sequence;
  }

  /** Segments in the order in which they were met, their lanes by number. */
  all(): LaneVerification[] {
    return [...this.segments.values()].flatMap((lanes) => [...lanes.values()].sort((a, b) => a.lane - b.lane));
  }
}
