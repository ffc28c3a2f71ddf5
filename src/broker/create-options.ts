import { checkFlags, checkKnown, checkMode, checkWhole, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import { type Geometry, geometryFault, largestPayloadLength } from '../layout/geometry.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from './directory.js';

/** What a new segment is to be. */
export interface CreateOptions extends DirectoryOptions {
  /** Lanes, and so the most producers at one time: 1–256. Default 8. */
  readonly producers?: number | undefined;
  /** The most groups: 1–64. Default 8. */
  readonly groups?: number | undefined;
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
  /** The group `default` is a work queue: its members share the messages between them. Default false. */
  readonly shared?: boolean | undefined;
  /** Permissions of the file. Default 0o600. */
  readonly mode?: number | undefined;
}

const CREATE_OPTIONS: OptionNames<CreateOptions> = {
  ...DIRECTORY_OPTIONS,
  producers: true,
  groups: true,
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
  readonly shared: boolean;
  readonly mode: number;
}

const DEFAULTS = {
  producers: 8,
  groups: 8,
  members: 8,
  capacity: 1024 * 1024,
  maxPayload: 65_536,
  checksum: false,
  timestamps: true,
  shared: false,
  mode: 0o600,
} as const;
const NUMBERS = ['producers', 'groups', 'members', 'capacity', 'maxPayload'] as const;

/** @throws HermesError ERR_HERMES_INVALID_OPTION */
export function resolveCreateOptions(options: CreateOptions): SegmentShape {
  checkKnown('A segment', options, CREATE_OPTIONS);
  for (const name of NUMBERS) if (options[name] !== undefined) checkWhole(name, options[name], 0);
  checkFlags(options, 'checksum', 'timestamps', 'shared');
  const capacity = options.capacity ?? DEFAULTS.capacity;
  const geometry: Geometry = {
    laneCount: options.producers ?? DEFAULTS.producers,
    groupCount: options.groups ?? DEFAULTS.groups,
    memberCount: options.members ?? DEFAULTS.members,
    laneCapacity: capacity,
    maxPayloadLength: options.maxPayload ?? Math.min(DEFAULTS.maxPayload, largestPayloadLength(capacity)),
  };
  const fault = geometryFault(geometry);
  if (fault !== undefined) throw new HermesError('ERR_HERMES_INVALID_OPTION', fault);
  const mode = options.mode ?? DEFAULTS.mode;
  checkMode('mode', mode);
  return {
    geometry,
    checksum: options.checksum ?? DEFAULTS.checksum,
    timestamps: options.timestamps ?? DEFAULTS.timestamps,
    shared: options.shared ?? DEFAULTS.shared,
    mode,
  };
}
