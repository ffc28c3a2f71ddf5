import { runCommand } from '../../processes/programs/reporting.js';
import type { StressCommand } from '../stress-command.js';
import { consume } from './consuming.js';
import { produce } from './producing.js';

runCommand<StressCommand>((command) => (command.role === 'producer' ? produce(command) : consume(command)));
