import { HermesError } from '../errors.js';

/** The error for any damage in a lane. */
export function corruptLane(lane: number, fault: string): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_SEGMENT',
    `Lane ${lane}: ${fault}. Something else wrote to the segment's file: remove the segment and create it again`,
  );
}
