import { benchLatencyCommand } from './bench-latency-command.js';
import { benchThroughputCommand } from './bench-throughput-command.js';
import type { Command, CommonArguments } from './command.js';
import { addCommand } from './command.js';

export const benchCommand: Command<CommonArguments> = {
  command: 'bench <what>',
  describe: 'Measure this machine: throughput or latency, with real processes',
  builder: (yargs, interrupted) => {
    addCommand(yargs, benchThroughputCommand, interrupted);
    addCommand(yargs, benchLatencyCommand, interrupted);
    return yargs
      .demandCommand(1, 'Say what to measure: throughput or latency.')
      .example('$0 bench throughput', 'one producer, one consumer, 64 B')
      .example('$0 bench latency --mode one-way --rate 100000', 'percentiles at 100,000 messages a second');
  },
  handler() {},
};
