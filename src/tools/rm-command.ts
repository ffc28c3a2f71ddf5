import { removeSegment } from '../index.js';
import type { Command, CommonArguments } from './command.js';
import { say } from './output.js';

interface RmArguments extends CommonArguments {
  readonly segment: string;
  readonly force: boolean;
}

export const rmCommand: Command<RmArguments> = {
  command: 'rm <segment>',
  describe: 'Remove a segment',
  builder: (yargs) =>
    yargs
      .positional('segment', { type: 'string', demandOption: true, describe: 'Its name' })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'Also while somebody is attached, or when it is damaged',
      })
      .example('$0 rm ticks', 'refused while a producer or consumer is attached'),
  handler({ segment, force, directory }) {
    removeSegment(segment, { force, directory });
    say(`Removed ${segment}.`);
  },
};
