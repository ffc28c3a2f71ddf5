import { addGroup, inspectSegment, removeGroup } from '../index.js';
import { type Command, defineCommand, SEGMENT, UsageError } from './command.js';
import { groupsText } from './groups-text.js';
import { heldBackSection, inspectTwice } from './held-back-section.js';
import { formatCount, json, say, terminalWidth, writeData } from './output.js';

export const groupsCommand: Command = defineCommand({
  command: 'groups <segment> [action] [group]',
  describe: 'List the groups of a segment: how far behind, who is in them; or add or remove one',
  places: {
    ...SEGMENT,
    action: { choices: ['add', 'rm'], describe: 'add: a durable group; rm: remove a group that nobody is attached to' },
    group: { type: 'string', describe: 'The group to add or to remove' },
  },
  options: {
    shared: { type: 'boolean', describe: 'add: a work queue, whose members share the messages' },
    from: { choices: ['oldest', 'latest'], describe: 'add: where it begins [default: oldest]' },
    json: { type: 'boolean', default: false, describe: 'One object a line' },
  },
  examples: {
    '$0 groups ticks': 'lag in bytes and messages, members, orphans',
    '$0 groups jobs add workers --shared': 'a work queue: what is sent from now on waits for its members',
    '$0 groups ticks rm audit': 'a durable group holds producers back until it is removed',
  },
  async handler({ segment, action, group, shared, from, json: asJson, directory }) {
    if (action !== undefined && group === undefined)
      throw new UsageError(`say which group: hermes groups <segment> ${action} <group>`);
    if (action !== 'add' && (shared !== undefined || from !== undefined))
      throw new UsageError(
        `${shared !== undefined ? 'shared' : 'from'} is for hermes groups <segment> add <group> alone: leave it out`,
      );
    if (action === 'add' && group !== undefined) {
      const isNew = addGroup(segment, group, { shared, from, directory });
      say(isNew ? `Added the group ${group} to ${segment}.` : `${segment} has the group ${group} already.`);
      return;
    }
    if (action === 'rm' && group !== undefined) {
      const waiting = inspectSegment(segment, { directory }).groups.find(({ name }) => name === group)?.lagCount;
      removeGroup(segment, group, { directory });
      say(`Removed the group ${group} of ${segment}${unreadText(waiting)}.`);
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
});

function unreadText(count: number | null | undefined): string {
  if (!count) return '';
  return `, and ${formatCount(count)} message${count === 1 ? '' : 's'} that it had not read`;
}
