import { createSegment, type GroupDeclaration } from '../index.js';
import { formatByteSize, parseByteSize } from './byte-size.js';
import { type Command, defineCommand, SEGMENT, UsageError } from './command.js';
import { say } from './output.js';

export const createCommand: Command = defineCommand({
  command: 'create <segment>',
  describe: 'Create a segment',
  places: SEGMENT,
  options: {
    producers: { type: 'number', describe: 'Most producers at one time, 1–256 [default: 8]' },
    group: {
      type: 'string',
      array: true,
      nargs: 1,
      describe:
        'A group that is there from the start, so that it misses nothing; <name>:shared is a work queue; repeat it for more groups [default: default]',
    },
    groups: { type: 'string', hidden: true },
    'max-groups': { type: 'number', describe: 'Most groups, 1–64 [default: 8]' },
    members: { type: 'number', describe: 'Most members of a group, 1–64 [default: 8]' },
    capacity: { type: 'string', describe: "Each producer's lane: a power of two, 64KiB–1GiB [default: 1MiB]" },
    'max-payload': { type: 'string', describe: 'Largest payload, at most a quarter of a lane [default: 64KiB]' },
    checksum: { type: 'boolean', default: false, describe: 'A CRC-32 in every message' },
    timestamps: { type: 'boolean', default: true, describe: 'The time in every message (--no-timestamps: without)' },
    shared: {
      type: 'boolean',
      describe: 'The group default is a work queue: its members share the messages (without --group)',
    },
    mode: { type: 'string', describe: 'Permissions, octal [default: 0600]' },
  },
  examples: {
    '$0 create ticks --producers 4 --capacity 4MiB': 'for up to four producers, 4 MiB each',
    '$0 create jobs --group workers:shared --group audit': 'a work queue, and a group that sees it all',
  },
  handler(argv) {
    const { segment, producers, maxGroups, members, checksum, timestamps, shared, directory } = argv;
    const capacity = argv.capacity === undefined ? undefined : parseByteSize(argv.capacity, '--capacity');
    const maxPayload = argv.maxPayload === undefined ? undefined : parseByteSize(argv.maxPayload, '--max-payload');
    const mode = argv.mode === undefined ? undefined : parseMode(argv.mode);
    if (argv.groups !== undefined)
      throw new UsageError(
        `groups is no option: --max-groups ${argv.groups} is the most groups, and --group declares one`,
      );
    const groups = argv.group === undefined ? undefined : parseGroups(argv.group);
    const options = {
      producers,
      groups,
      maxGroups,
      members,
      capacity,
      maxPayload,
      checksum,
      timestamps,
      shared,
      mode,
      directory,
    };
    const created = createSegment(segment, options);
    say(`Created ${created.path} (${formatByteSize(created.fileLength)}).`);
  },
});

/** `workers:shared` and `audit`. No name of a group has a colon. */
function parseGroups(texts: readonly string[]): Record<string, GroupDeclaration> {
  const groups = texts.map((text): [string, GroupDeclaration] => {
    const [name = '', kind, ...rest] = text.split(':');
    if (rest.length > 0 || (kind !== undefined && kind !== 'shared'))
      throw new UsageError(`group is ${text}: give its name, and :shared after it for a work queue`);
    return [name, { shared: kind === 'shared' }];
  });
  const names = groups.map(([name]) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new UsageError(`group is ${repeated} twice: leave one out`);
  return Object.fromEntries(groups);
}

function parseMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text))
    throw new UsageError(`--mode is ${text}: give octal permissions such as 0600 or 0660`);
  return Number.parseInt(text, 8);
}
