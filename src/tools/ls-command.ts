import { listSegments, type SegmentListing } from '../index.js';
import { formatByteSize } from './byte-size.js';
import type { Command, CommonArguments } from './command.js';
import { formatCount, json, say, writeData } from './output.js';
import { textTable } from './text-table.js';

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
  async handler({ directory, json: asJson }) {
    const listings = listSegments({ directory });
    if (asJson) {
      await writeData(listings.map(listingJson).join(''));
    } else if (listings.length === 0) {
      say('No segments.');
    } else {
      await writeData(
        textTable(['NAME', 'SIZE', 'PRODUCERS', 'GROUPS', 'MESSAGES', 'LAG', 'STATE'], listings.map(row)),
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
    `${segment.groups.length}/${segment.groupCount}`,
    formatCount(messages),
    formatByteSize(lag),
    segmentState(segment),
  ];
}

function segmentState(segment: NonNullable<SegmentListing['segment']>): string {
  if (segment.isRemoved) return 'being removed';
  if (segment.unknownRequirements !== 0) return 'of a newer version';
  return segment.isOfThisBoot ? 'ready' : 'of another boot';
}
