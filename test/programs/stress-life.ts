import { consume } from '../stress/consuming.js';
import { produce } from '../stress/producing.js';
import type { StressCommand } from '../stress/stress-command.js';
import { runCommand } from '../support/reporting.js';

runCommand<StressCommand>((command) => (command.role === 'producer' ? produce(command) : consume(command)));
