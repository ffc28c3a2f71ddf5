import { removeSegment } from '../index.js';
import { type Command, defineCommand, SEGMENT } from './command.js';
import { say } from './output.js';

export const rmCommand: Command = defineCommand({
  command: 'rm <segment>',
  describe: 'Remove a segment',
  places: SEGMENT,
  options: {
    force: { type: 'boolean', default: false, describe: 'Also while somebody is attached, or when it is damaged' },
  },
  examples: { '$0 rm ticks': 'refused while a producer or consumer is attached' },
  handler({ segment, force, directory }) {
    removeSegment(segment, { force, directory });
    say(`Removed ${segment}.`);
  },
});
