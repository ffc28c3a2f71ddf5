import { checkFlags, checkKnown, checkMode, checkWhole, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import { type Geometry, geometryFault, largestPayloadLength } from '../layout/geometry.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from '../segment/directory.js';
import { type DeclaredGroup, type GroupDeclarations, resolveGroups } from './group-declaration.js';

/** How a new segment shall be. */
export interface CreateOptions extends DirectoryOptions {
  /** Lanes, which are the most producers at a time: 1–256. Default 8. */
  readonly producers?: number | undefined;
  /**
   * Groups that exist from the creation on, and so miss nothing: reliable and durable, by name, each `{ shared: true }` for a work queue,
   * or `{}`. If you give groups, there is no group `default` unless it is one of them. Default: only `default`.
   */
  readonly groups?: GroupDeclarations | undefined;
  /** The most groups at one time, declared or not: 1–64. Default 8, or as many as are declared. */
  readonly maxGroups?: number | undefined;
  /** The most members of a group: 1–64. Default 8. */
  readonly members?: number | undefined;
  /** Bytes of each lane: a power of two, 64 KiB – 1 GiB. Default 1 MiB. */
  readonly capacity?: number | undefined;
  /** Bytes of the largest payload, at most a quarter of a lane. Default 65,536, or a quarter of a smaller lane. */
  readonly maxPayload?: number | undefined;
  /** A CRC-32 in every record, checked by every reader. Default false. */
  readonly checksum?: boolean | undefined;
  /** The time of publication in every record. Default true. */
  readonly timestamps?: boolean | undefined;
  /** The group `default` is a work queue: its members share the messages between them. Not beside `groups`. Default false. */
  readonly shared?: boolean | undefined;
  /** Permissions of the file. Default 0o600. */
  readonly mode?: number | undefined;
}

const CREATE_OPTIONS: OptionNames<CreateOptions> = {
  ...DIRECTORY_OPTIONS,
  producers: true,
  groups: true,
  maxGroups: true,
  members: true,
  capacity: true,
  maxPayload: true,
  checksum: true,
  timestamps: true,
  shared: true,
  mode: true,
};

/** The same, resolved. */
export interface SegmentShape {
  readonly geometry: Geometry;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  /** Whether `default` is shared, if no groups are declared. */
  readonly shared: boolean;
  /** Undefined if none are declared. */
  readonly groups: readonly DeclaredGroup[] | undefined;
  readonly mode: number;
}

const NUMBERS = ['producers', 'maxGroups', 'members', 'capacity', 'maxPayload'] as const;

/** @throws HermesError ERR_HERMES_INVALID_OPTION */
export function resolveCreateOptions(options: CreateOptions): SegmentShape {
  checkKnown('A segment', options, CREATE_OPTIONS);
  for (const name of NUMBERS) {
    // The geometry checks the numbers.
    if (options[name] !== undefined && typeof options[name] !== 'number') checkWhole(name, options[name], 0);
  }
  checkFlags(options, 'checksum', 'timestamps', 'shared');
  const groups = resolveGroups(options.groups);
  if (groups !== undefined) checkBesideGroups(groups, options);
  const { producers = 8, members = 8, capacity = 1024 * 1024, mode = 0o600 } = options;
  const { checksum = false, timestamps = true, shared = false } = options;
  const geometry: Geometry = {
    laneCount: producers,
    groupCount: options.maxGroups ?? Math.max(8, groups?.length ?? 0),
    memberCount: members,
    laneCapacity: capacity,
    maxPayloadLength: options.maxPayload ?? Math.min(65_536, largestPayloadLength(capacity)),
  };
  const fault = geometryFault(geometry);
  if (fault !== undefined) throw new HermesError('ERR_HERMES_INVALID_OPTION', fault);
  checkMode('mode', mode);
  return { geometry, checksum, timestamps, shared, groups, mode };
}

/** Checks that the declared groups have room. @throws HermesError ERR_HERMES_INVALID_OPTION */
function checkBesideGroups(groups: readonly DeclaredGroup[], { shared, maxGroups }: CreateOptions): void {
  if (shared !== undefined) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `shared is ${shared}, and groups are declared: shared is of the group default where none are; say it of a group, as in groups: { workers: { shared: true } }`,
    );
  }
  if (maxGroups !== undefined && groups.length > maxGroups) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `maxGroups is ${maxGroups}, and ${groups.length} groups are declared: give at least ${groups.length}, or declare fewer`,
    );
  }
}
