import assert from 'node:assert/strict';
import type { Message } from '../../src/index.js';
import { numberedPayload } from '../support/numbered-payload.js';

/** What was sent through a lane: all of it, by sequence. */
export interface SentMessage {
  readonly type: number;
  readonly payload: Buffer;
}

/** What is remembered of a message that was handed out: the object itself is used again. */
export interface Handed {
  readonly lane: number;
  readonly sequence: number;
  readonly redelivered: boolean;
  readonly lost: number;
}

/** Where a group goes on in a lane: known exactly, but for a member that failed in a batch whose end only it knows. */
interface Next {
  least: number;
  most: number;
  /** What lies between was claimed by the group, and comes again; otherwise it is not the group's, for it began after it. */
  isClaimed: boolean;
}

/** What each lane has carried: the whole truth, in plain memory. */
export class ModelSegment {
  readonly lanes: SentMessage[][];
  readonly groups: Map<string, ModelGroup> = new Map();

  constructor(laneCount: number) {
    this.lanes = Array.from({ length: laneCount }, () => []);
  }

  /** A message that will be the next of its lane. */
  nextMessage(lane: number, length: number, type: number): SentMessage {
    return { type, payload: numberedPayload(lane, this.lanes[lane]!.length, length) };
  }

  /** Where a group that joins now begins. */
  startOf(lane: number, from: 'oldest' | 'latest'): Next {
    const head = this.lanes[lane]!.length;
    const held = [...this.groups.values()].filter(({ mode }) => mode === 'reliable').map((group) => group.next[lane]!);
    if (from === 'latest' || held.length === 0) return { least: head, most: head, isClaimed: false };
    return {
      least: Math.min(...held.map(({ least }) => least)),
      most: Math.min(...held.map(({ most }) => most)),
      isClaimed: false,
    };
  }
}

/** What a group has still to see. */
export class ModelGroup {
  readonly next: Next[];
  /** Shared groups: what was claimed and not handled, per lane. */
  private readonly pending: Set<number>[];
  memberCount = 0;
  lost = 0;

  constructor(
    private readonly segment: ModelSegment,
    readonly name: string,
    readonly mode: 'reliable' | 'lossy',
    readonly shared: boolean,
    readonly durable: boolean,
    from: 'oldest' | 'latest',
  ) {
    this.next = segment.lanes.map((_, lane) => segment.startOf(lane, from));
    this.pending = segment.lanes.map(() => new Set());
  }

  /** A message is handed to a member: fails unless it may come now. To be followed by `handled`, `failed` or nothing. */
  handed(message: Message): void {
    const { lane, sequence } = message;
    const sent = this.segment.lanes[lane]?.[sequence];
    assert(sent !== undefined, `${this.name}: message ${sequence} of lane ${lane} was never sent`);
    assert.equal(message.type, sent.type, `${this.name}: type of message ${sequence} of lane ${lane}`);
    assert(message.payload.equals(sent.payload), `${this.name}: payload of message ${sequence} of lane ${lane}`);
    if (message.redelivered) this.handedAgain(lane, sequence);
    else this.handedFirst(lane, sequence, message.lost);
  }

  /** The handler has returned from it, and the poll acknowledges it. */
  handled({ lane, sequence, lost }: Handed): void {
    this.pending[lane]!.delete(sequence);
    if (this.mode === 'reliable') return;
    this.lost += lost;
    this.next[lane] = { least: sequence + 1, most: sequence + 1, isClaimed: false };
  }

  /** The handler has thrown at it, or nobody acknowledges it; up to `most` messages of the lane were claimed with it. */
  failed({ lane, sequence, redelivered }: Handed, most: number): void {
    if (this.mode === 'lossy') return;
    if (!this.shared) this.next[lane] = { least: sequence, most: sequence, isClaimed: false };
    else if (!redelivered) {
      const least = sequence + 1;
      const end = Math.min(sequence + most, this.segment.lanes[lane]!.length);
      this.next[lane] = { least, most: Math.max(least, end), isClaimed: true };
    }
  }

  /** Nothing is left to be seen, as far as the model can tell. */
  get isDone(): boolean {
    return this.segment.lanes.every(({ length }, lane) => {
      const { least, most, isClaimed } = this.next[lane]!;
      return (isClaimed ? least : most) >= length && this.pending[lane]!.size === 0;
    });
  }

  /** For an error: what is left. */
  get rest(): string {
    return this.segment.lanes
      .map(({ length }, lane) => {
        const { least, most } = this.next[lane]!;
        return `lane ${lane}: ${least}–${most} of ${length}, held ${[...this.pending[lane]!].join(' ')}`;
      })
      .join('; ');
  }

  private handedFirst(lane: number, sequence: number, lost: number): void {
    const next = this.next[lane]!;
    const what = `${this.name}: message ${sequence} of lane ${lane}`;
    if (this.mode === 'lossy') {
      assert.equal(sequence, next.least + lost, `${what} with ${lost} lost after ${next.least - 1}`);
      return; // it comes again unless it is handled
    }
    assert.equal(lost, 0, what);
    assert(sequence >= next.least && sequence <= next.most, `${what} came instead of ${next.least}–${next.most}`);
    if (this.shared) {
      for (let claimed = next.isClaimed ? next.least : sequence; claimed <= sequence; claimed++) {
        this.pending[lane]!.add(claimed);
      }
    }
    this.next[lane] = { least: sequence + 1, most: sequence + 1, isClaimed: false };
  }

  private handedAgain(lane: number, sequence: number): void {
    const next = this.next[lane]!;
    const what = `${this.name}: message ${sequence} of lane ${lane} came again`;
    assert(this.shared, `${what} in a group that is not shared`);
    if (next.isClaimed && sequence === next.least && sequence < next.most) {
      next.least++;
      this.pending[lane]!.add(sequence);
    }
    assert(this.pending[lane]!.has(sequence), `${what} after it was handled`);
  }
}
