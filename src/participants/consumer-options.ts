import { checkChoice, checkFlags, checkKnown, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import type { JoinFrom } from '../membership/group-registry.js';
import type { JoinRequest } from '../membership/membership.js';
import { DEFAULT_GROUP, type GroupMode } from '../segment/group-entries.js';
import { checkName } from '../segment/segment-name.js';
import { PARTICIPANT_OPTIONS, type ParticipantOptions } from './participant-options.js';

/** How a consumer attaches. */
export interface ConsumerOptions<T = Buffer> extends ParticipantOptions<T> {
  /**
   * The group: every group sees every message. If it exists, it keeps its kind, and options that contradict it are refused. Default
   * `default`, which a segment has if no groups are declared.
   */
  readonly group?: string | undefined;
  /** A new group's kind: `reliable` holds producers back and loses nothing, `lossy` never does and may skip. Default `reliable`. */
  readonly mode?: GroupMode | undefined;
  /** A new reliable group is a work queue: its members share the messages between them. Default false. */
  readonly shared?: boolean | undefined;
  /** A new reliable group's positions stay while nobody is attached. Default false. */
  readonly durable?: boolean | undefined;
  /** Where a new group begins: at the next message, or at the oldest that a reliable group still holds. Default `latest`. */
  readonly from?: JoinFrom | undefined;
}

const CONSUMER_OPTIONS: OptionNames<ConsumerOptions<unknown>> = {
  ...PARTICIPANT_OPTIONS,
  group: true,
  mode: true,
  shared: true,
  durable: true,
  from: true,
};

/** @throws HermesError ERR_HERMES_INVALID_NAME, ERR_HERMES_INVALID_OPTION */
export function resolveConsumerOptions(options: ConsumerOptions<unknown>): JoinRequest {
  checkKnown('A consumer', options, CONSUMER_OPTIONS);
  const { group: name = DEFAULT_GROUP, mode = 'reliable', shared = false, durable = false, from = 'latest' } = options;
  checkName(name, 'group');
  checkChoice('mode', mode, ['reliable', 'lossy']);
  checkChoice('from', from, ['oldest', 'latest']);
  checkFlags(options, 'shared', 'durable');
  if (mode === 'lossy' && durable) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      'A lossy group keeps no positions: leave durable out, or use mode reliable',
    );
  }
  if (mode === 'lossy' && shared) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      'A lossy group has one member: leave shared out, or use mode reliable',
    );
  }
  if (mode === 'lossy' && from === 'oldest') {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      'A lossy group holds nothing to begin with: leave from out, or use mode reliable',
    );
  }
  const asked = { mode: options.mode, shared: options.shared, durable: options.durable };
  return { name, isNamed: options.group !== undefined, kind: { mode, durable, shared }, from, asked };
}
