import type { Message } from '../../src/index.js';
import { readSigned } from './numbered-payload.js';

interface Last {
  readonly sequence: number;
  readonly stream: number;
  readonly number: number;
}

export interface OrderCheckOptions {
  /** Others take messages of the group, too. */
  readonly isShared: boolean;
  /** A stream leaves its lane and comes back: some of its numbers are in others, and others' messages between. */
  readonly changesLanes?: boolean;
}

/**
 * Signed messages, as one member gets them: each whole; the sequences of a lane in order, and without a gap where one member
 * alone reads a group, but for what `lost` names; the numbers of a stream as they were sent.
 */
export class OrderCheck {
  private readonly last = new Map<number, Last>();

  constructor(private readonly options: OrderCheckOptions) {}

  /** @throws when the message is not what it has to be */
  take(message: Message): void {
    const { isShared, changesLanes = false } = this.options;
    const { lane, sequence, lost, redelivered } = message;
    const { stream, number, isWhole } = readSigned(message);
    const where = `lane ${lane}, sequence ${sequence} (stream ${stream}, number ${number})`;
    if (!isWhole) throw new Error(`${where}: the payload is not that of the message`);
    if (redelivered) return; // a dead member's: at any place
    const last = this.last.get(lane);
    this.last.set(lane, { sequence, stream, number });
    if (last === undefined) return;
    const isNext = sequence === last.sequence + lost + 1;
    if (isShared ? sequence <= last.sequence : !isNext) {
      throw new Error(`${where}: after ${last.sequence}, with ${lost} lost`);
    }
    if (stream !== last.stream) return;
    const [step, ahead] = [sequence - last.sequence, number - last.number];
    if (changesLanes ? ahead <= 0 : ahead !== step) {
      throw new Error(`${where}: ${step} messages after number ${last.number} of the stream`);
    }
  }
}
