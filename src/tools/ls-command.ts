import fs from 'node:fs';
import { listSegments, type SegmentListing } from '../index.js';
import { directoryPath } from '../segment/directory.js';
import { formatByteSize } from './byte-size.js';
import { type Command, defineCommand } from './command.js';
import { isHeldBack } from './held-back-section.js';
import { formatCount, json, say, writeData } from './output.js';
import { textTable } from './text-table.js';

export const lsCommand: Command = defineCommand({
  command: ['ls', 'list'],
  describe: 'List the segments of a directory',
  options: { json: { type: 'boolean', default: false, describe: 'One object a line' } },
  examples: { '$0 ls': 'what there is, and who uses it' },
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
      const header = ['NAME', 'SIZE', 'PRODUCERS', 'GROUPS', 'MESSAGES', 'LAG', 'STATE'];
      await writeData(textTable(header, listings.map(row)));
    }
  },
});

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
