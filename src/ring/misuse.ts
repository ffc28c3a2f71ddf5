import { HermesError } from '../errors.js';
import { MAX_USER_TYPE, MIN_USER_TYPE, recordLength } from '../layout/record.js';

// The mistakes that a caller can make with a producer or a consumer, each with its remedy. None of this is on the hot path.

/** @throws HermesError when a message cannot have this payload length or this type */
export function checkMessage(length: number, type: number, maxPayloadLength: number): void {
  if (!Number.isInteger(length) || length < 0) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `length is ${String(length)}: give a whole number of bytes from 0`,
    );
  }
  if (length > maxPayloadLength) {
    throw new HermesError(
      'ERR_HERMES_PAYLOAD_TOO_LARGE',
      `The payload has ${length} bytes, the segment carries ${maxPayloadLength}: split it, or create the segment with a larger maxPayload`,
    );
  }
  if (!Number.isInteger(type) || type < MIN_USER_TYPE || type > MAX_USER_TYPE) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `type is ${String(type)}: give a whole number from ${MIN_USER_TYPE} to ${MAX_USER_TYPE}`,
    );
  }
}

/** @throws HermesError when these messages are too many for one claim: with padding, at most half a lane is unpublished at once */
export function checkCount(count: number, payloadLength: number, laneCapacity: number): void {
  const most = Math.max(1, Math.floor(laneCapacity / 4 / recordLength(payloadLength)));
  if (Number.isInteger(count) && count > 0 && count <= most) return;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `count is ${String(count)}: give a whole number from 1 to ${most}, as many messages of ${payloadLength} bytes as a quarter of a lane holds`,
  );
}

export function noArray(payloads: unknown): HermesError {
  return new HermesError('ERR_HERMES_INVALID_OPTION', `A batch is ${typeof payloads}: give an array of payloads`);
}

export function noClaim(action: string): HermesError {
  return new HermesError('ERR_HERMES_INVALID_STATE', `There is no claim to ${action}: call tryClaim first`);
}

export function openClaim(): HermesError {
  return new HermesError('ERR_HERMES_INVALID_STATE', 'A claim is open: commit or abort it before the next message');
}

export function openBatch(): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_STATE',
    'A batch is being written: reading its payloads called the producer that they are sent with; read them before',
  );
}

export function nestedPoll(): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_STATE',
    'A handler called the consumer or reader that runs it: return from it first',
  );
}

export function unacknowledged(): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_STATE',
    'What read handed out is not acknowledged: a member of a shared group holds one batch at a time; call acknowledge first',
  );
}

export function iterated(): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_STATE',
    'The consumer is being iterated over, or has a stream: end that first, or attach another consumer',
  );
}
