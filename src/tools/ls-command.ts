import fs from 'node:fs';
import { listSegments, type SegmentListing } from '../index.js';
import { directoryPath } from '../segment/directory.js';
import { formatByteSize } from './byte-size.js';
import type { Command, CommonArguments } from './command.js';
import { isHeldBack } from './held-back-section.js';
import { formatCount, json, say, terminalWidth, writeData } from './output.js';
import { detailedTable } from './text-table.js';

interface LsArguments extends CommonArguments {
  readonly json: boolean;
}

export const lsCommand: Command<LsArguments> = {
  command: ['ls', 'list'],
  describe: 'List the segments of a directory',
  builder: (yargs) =>
    yargs
      .option('json', { type: 'boolean', default: false, describe: 'One object a line' })
      .example('$0 ls', 'what there is, and who uses it'),
  async handler(argv) {
    const directory = directoryPath(argv);
    const listings = listSegments({ directory });
    if (argv.json) {
      await writeData(listings.map(listingJson).join(''));
    } else if (listings.length === 0) {
      say(
        fs.existsSync(directory)
          ? `No segments in ${directory}.`
          : `No segments: there is no directory ${directory} (hermes create makes it).`,
      );
    } else {
      await writeData(
        detailedTable(
          ['NAME', 'SIZE', 'PRODUCERS', 'GROUPS', 'MESSAGES', 'LAG', 'STATE'],
          listings.map((listing) => ({ cells: row(listing), details: [] })),
          terminalWidth(),
        ),
      );
    }
  },
};

function listingJson({ name, segment, error }: SegmentListing): string {
  return json(segment ?? { name, error: { code: error.code, message: error.message } });
}

function row({ name, segment, error }: SegmentListing): string[] {
  if (segment === null) return [name, '', '', '', '', '', error.code];
  const producers = segment.lanes.filter(({ producer }) => producer?.alive).length;
  const messages = segment.lanes.reduce((sum, lane) => sum + (lane.messages ?? 0), 0);
  const lag = Math.max(0, ...segment.groups.map(({ lagLength }) => lagLength));
  return [
    name,
    formatByteSize(segment.fileLength),
    `${producers}/${segment.producers}`,
    `${segment.groups.length}/${segment.maxGroups}`,
    formatCount(messages),
    formatByteSize(lag),
    segmentState(segment),
  ];
}

function segmentState(segment: NonNullable<SegmentListing['segment']>): string {
  if (segment.isRemoved) return 'being removed';
  if (segment.unknownRequirements !== 0) return 'of a newer version';
  if (isHeldBack(segment)) return 'held back';
  return segment.isOfThisBoot ? 'ready' : 'of another boot';
}
