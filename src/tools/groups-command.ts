import { removeGroup } from '../index.js';
import { type Command, type CommonArguments, UsageError } from './command.js';
import { groupsText } from './groups-text.js';
import { heldBackSection, inspectTwice } from './held-back-section.js';
import { json, say, terminalWidth, writeData } from './output.js';

interface GroupsArguments extends CommonArguments {
  readonly segment: string;
  readonly action?: 'rm' | undefined;
  readonly group?: string | undefined;
  readonly json: boolean;
}

export const groupsCommand: Command<GroupsArguments> = {
  command: 'groups <segment> [action] [group]',
  describe: 'List the groups of a segment: how far behind, who is in them; or remove one',
  builder: (yargs) =>
    yargs
      .positional('segment', { type: 'string', demandOption: true, describe: 'Its name' })
      .positional('action', { choices: ['rm'] as const, describe: 'rm: remove a group that nobody is attached to' })
      .positional('group', { type: 'string', describe: 'The group to remove' })
      .option('json', { type: 'boolean', default: false, describe: 'One object a line' })
      .example('$0 groups ticks', 'lag in bytes and messages, members, orphans')
      .example('$0 groups ticks rm audit', 'a durable group holds producers back until it is removed'),
  async handler({ segment, action, group, json: asJson, directory }) {
    if (action === 'rm') {
      if (group === undefined) throw new UsageError('say which group: hermes groups <segment> rm <group>');
      removeGroup(segment, group, { directory });
      say(`Removed the group ${group} of ${segment}.`);
      return;
    }
    const inspection = await inspectTwice(segment, directory);
    const { groups, lanes } = inspection;
    const width = terminalWidth();
    const heldBack = heldBackSection(inspection, width);
    if (asJson) await writeData(groups.map(json).join(''));
    else if (groups.length === 0) say('No groups: nobody holds the producers back.');
    else await writeData(`${groupsText(groups, lanes, width)}${heldBack === '' ? '' : `\n${heldBack}`}`);
  },
};
