import { benchLatencyCommand } from './bench-latency-command.js';
import { benchThroughputCommand } from './bench-throughput-command.js';
import { type Command, defineCommand } from './command.js';

export const benchCommand: Command = defineCommand({
  command: 'bench <what>',
  describe: 'Measure this machine: throughput or latency, with real processes',
  commands: [benchThroughputCommand, benchLatencyCommand],
  examples: {
    '$0 bench throughput': 'one producer, one consumer, 64 B',
    '$0 bench latency --mode one-way --rate 100000': 'percentiles at 100,000 messages a second',
  },
});
