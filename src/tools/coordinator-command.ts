import { once } from 'node:events';
import { monotonicNs } from '../clock.js';
import { Coordinator, HermesError } from '../index.js';
import { notifyServiceManager } from '../os/notify-socket.js';
import { type Command, defineCommand } from './command.js';
import { readCoordinatorConfig } from './coordinator-config.js';
import { say } from './output.js';

export const coordinatorCommand: Command = defineCommand({
  command: 'coordinator',
  describe: 'Create the segments that a file declares, and clean up after dead processes',
  options: { config: { type: 'string', describe: 'The file; read again on SIGHUP' } },
  examples: { '$0 coordinator --config hermes.json': 'runs until SIGINT or SIGTERM; may be killed at any time' },
  async handler({ config, directory }, interrupted) {
    let reload = () => {};
    const hangUp = () => reload(); // without a handler from the start on, the signal would end the process
    process.on('SIGHUP', hangUp);
    try {
      const read = () => (config === undefined ? { segments: {} } : readCoordinatorConfig(config));
      const first = read();
      using coordinator = new Coordinator({ directory: directory ?? first.directory, segments: first.segments });
      reload = () => {
        notify('RELOADING=1', `MONOTONIC_USEC=${monotonicNs() / 1000n}`);
        try {
          const { directory: other = first.directory, segments } = read();
          coordinator.declare(segments);
          if (other !== first.directory)
            say('The directory has changed: that takes effect when the coordinator is started again.');
          say(`Read ${config ?? 'nothing'} again. ${summary(coordinator)}`);
        } catch (error) {
          // The coordinator goes on with what it has: a mistake in a file must not end it.
          say(`hermes: ${error instanceof HermesError ? `${error.code}: ` : ''}${(error as Error).message}`);
          say(summary(coordinator));
        }
        notify('READY=1', `STATUS=${summary(coordinator)}`);
      };
      notify('READY=1', `STATUS=${summary(coordinator)}`);
      say(`Coordinating ${coordinator.directory}. ${summary(coordinator)}`);
      if (!interrupted.aborted) await once(interrupted, 'abort');
      notify('STOPPING=1');
    } finally {
      process.off('SIGHUP', hangUp);
    }
  },
});

function summary({ segments }: Coordinator): string {
  const names = Object.entries(segments).map(([name, { origin, error }]) => `${name} (${error ?? origin})`);
  return names.length === 0 ? 'No segments yet.' : `Segments: ${names.join(', ')}.`;
}

/** Tells systemd, if systemd has started this process. A failure is no reason to end: systemd itself says so in time. */
function notify(...state: string[]): void {
  try {
    notifyServiceManager(state.map((line) => line.replaceAll('\n', ' ')));
  } catch (error) {
    say(`hermes: systemd was not told ${state[0]}: ${(error as Error).message}`);
  }
}
