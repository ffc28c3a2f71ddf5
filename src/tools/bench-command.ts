import { benchCoresCommand } from './bench-cores-command.js';
import { benchLatencyCommand } from './bench-latency-command.js';
import { benchThroughputCommand } from './bench-throughput-command.js';
import { type Command, defineCommand } from './command.js';

export const benchCommand: Command = defineCommand({
  command: 'bench <what>',
  describe: 'Measure this machine with real processes: throughput, latency, or how near its cores are',
  commands: [benchThroughputCommand, benchLatencyCommand, benchCoresCommand],
  examples: {
    '$0 bench throughput': 'one producer, one consumer, 64 B',
    '$0 bench latency --mode one-way --rate 100000': 'percentiles at 100,000 messages a second',
  },
});
