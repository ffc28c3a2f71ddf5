import { once } from 'node:events';
import { Coordinator, HermesError } from '../index.js';
import type { Command, CommonArguments } from './command.js';
import { readCoordinatorConfig } from './coordinator-config.js';
import { say } from './output.js';

interface CoordinatorArguments extends CommonArguments {
  readonly config?: string | undefined;
}

export const coordinatorCommand: Command<CoordinatorArguments> = {
  command: 'coordinator',
  describe: 'Create the segments that a file declares, and clean up after dead processes',
  builder: (yargs) =>
    yargs
      .option('config', { type: 'string', requiresArg: true, describe: 'The file; read again on SIGHUP' })
      .example('$0 coordinator --config hermes.json', 'runs until SIGINT or SIGTERM; may be killed at any time'),
  async handler({ config, directory }, interrupted) {
    let reload = () => {};
    const hangUp = () => reload(); // from the start, for until then a signal ends the process; it is handled when all is there
    process.on('SIGHUP', hangUp);
    try {
      const read = () => (config === undefined ? { segments: {} } : readCoordinatorConfig(config));
      const first = read();
      using coordinator = new Coordinator({ directory: directory ?? first.directory, segments: first.segments });
      reload = () => {
        try {
          const { directory: other = first.directory, segments } = read();
          coordinator.declare(segments);
          if (other !== first.directory)
            say('The directory has changed: that takes effect when the coordinator is started again.');
          say(`Read ${config ?? 'nothing'} again. ${summary(coordinator)}`);
        } catch (error) {
          // It goes on with what it has: a typing error in a file must not end it.
          say(`hermes: ${error instanceof HermesError ? `${error.code}: ` : ''}${(error as Error).message}`);
          say(summary(coordinator));
        }
      };
      say(`Coordinating ${coordinator.directory}. ${summary(coordinator)}`);
      if (!interrupted.aborted) await once(interrupted, 'abort');
    } finally {
      process.off('SIGHUP', hangUp);
    }
  },
};

function summary({ segments }: Coordinator): string {
  const names = Object.entries(segments).map(([name, { origin, error }]) => `${name} (${error ?? origin})`);
  return names.length === 0 ? 'No segments yet.' : `Segments: ${names.join(', ')}.`;
}
