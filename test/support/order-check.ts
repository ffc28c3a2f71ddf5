import type { Message } from '../../src/index.js';
import { readTorturePayload } from '../torture/torture-payload.js';

interface Last {
  readonly sequence: number;
  readonly life: number;
  readonly number: number;
}

/** Each message whole; the sequences of a lane in order, and without a gap where one member alone reads a group. */
export class OrderCheck {
  private readonly last = new Map<number, Last>();

  constructor(private readonly isShared: boolean) {}

  /** @throws when the message is not what it has to be */
  take(message: Message): void {
    const { lane, sequence, lost, redelivered } = message;
    const { life, number, isWhole } = readTorturePayload(message);
    const where = `lane ${lane}, sequence ${sequence} (life ${life}, number ${number})`;
    if (!isWhole) throw new Error(`${where}: the payload is not that of the message`);
    if (redelivered) return; // a dead member's: at any place
    const last = this.last.get(lane);
    this.last.set(lane, { sequence, life, number });
    if (last === undefined) return;
    const isNext = sequence === last.sequence + lost + 1;
    if (this.isShared ? sequence <= last.sequence : !isNext) {
      throw new Error(`${where}: after ${last.sequence}, with ${lost} lost`);
    }
    const step = sequence - last.sequence;
    if (life === last.life && number !== last.number + step) {
      throw new Error(`${where}: ${step} after number ${last.number}`);
    }
  }
}
