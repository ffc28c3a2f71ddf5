import type { Message } from '../../src/index.js';
import { numberedPayload } from '../support/numbered-payload.js';

/** A payload says whose it is: the producer's life u32 and the message's number in it u32; all else follows from these. */
const IDS_LENGTH = 8;
export const MAX_PAYLOAD = 2008;

export function torturePayload(life: number, number: number): Buffer {
  const ids = Buffer.alloc(IDS_LENGTH);
  ids.writeUInt32LE(life, 0);
  ids.writeUInt32LE(number, 4);
  return Buffer.concat([ids, numberedPayload(life, number)]);
}

export interface Received {
  readonly life: number;
  readonly number: number;
  readonly isWhole: boolean;
}

export function readTorturePayload(message: Pick<Message, 'buffer' | 'offset' | 'length'>): Received {
  const { buffer, offset, length } = message;
  if (length < IDS_LENGTH) return { life: 0, number: 0, isWhole: false };
  const life = buffer.readUInt32LE(offset);
  const number = buffer.readUInt32LE(offset + 4);
  const body = numberedPayload(life, number);
  const isWhole =
    length === IDS_LENGTH + body.length &&
    buffer.compare(body, 0, body.length, offset + IDS_LENGTH, offset + length) === 0;
  return { life, number, isWhole };
}
