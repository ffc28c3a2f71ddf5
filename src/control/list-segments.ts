import fs from 'node:fs';
import { checkKnown } from '../checks.js';
import { HermesError } from '../errors.js';
import { withSystemErrors } from '../os/system-error.js';
import { checkDirectory, DIRECTORY_OPTIONS, type DirectoryOptions, directoryPath } from '../segment/directory.js';
import { isName } from '../segment/segment-name.js';
import { inspectSegment, type SegmentInspection } from './inspect-segment.js';

/** A segment in a directory: its properties, or why it cannot be used. */
export type SegmentListing = { readonly name: string } & (
  | { readonly segment: SegmentInspection; readonly error: null }
  | { readonly segment: null; readonly error: HermesError }
);

/** The segments of a directory, by name; none when there is no such directory. @throws HermesError ERR_HERMES_PERMISSION */
export function listSegments(options: DirectoryOptions = {}): SegmentListing[] {
  checkKnown('listSegments', options, DIRECTORY_OPTIONS);
  const directory = directoryPath(options);
  if (!checkDirectory(directory, 'look')) return [];
  return segmentNames(directory).flatMap((name) => listing(name, options));
}

/** The files of a directory that segments could be, sorted: none is opened. @throws HermesError */
export function segmentNames(directory: string): string[] {
  const entries = withSystemErrors('list', directory, () => fs.readdirSync(directory, { withFileTypes: true }));
  const files = entries.filter((entry) => entry.isFile() && isName(entry.name));
  return files.map(({ name }) => name).sort();
}

/** Empty when the segment was removed meanwhile. If its name was given to another segment meanwhile, looks once more. */
function listing(name: string, options: DirectoryOptions, isSecondLook = false): SegmentListing[] {
  try {
    return [{ name, segment: inspectSegment(name, options), error: null }];
  } catch (error) {
    const { code } = error as HermesError;
    if (code === 'ERR_HERMES_SEGMENT_NOT_FOUND') return [];
    if (code === 'ERR_HERMES_REMOVED' && !isSecondLook) return listing(name, options, true);
    // An error of one segment must not hide the others.
    const known = error instanceof HermesError;
    return [
      {
        name,
        segment: null,
        error: known ? error : new HermesError('ERR_HERMES_SYSTEM', String(error), { cause: error }),
      },
    ];
  }
}
