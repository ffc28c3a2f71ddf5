import { setTimeout } from 'node:timers/promises';
import { Coordinator } from '../../src/index.js';
import { libc } from '../../src/os/libc.js';
import { runCommand } from '../support/reporting.js';
import { consume } from './consuming.js';
import { STEPS_JOURNAL } from './journal.js';
import { type LifeCommand, ROLES, type Role } from './life-command.js';
import { Living } from './living.js';
import { churn, observe } from './passing.js';
import { produce } from './producing.js';
import { beginSteps } from './steps.js';

const lives: Record<Role, (living: Living) => Promise<void>> = {
  default: consume,
  queue: consume,
  producer: produce,
  churn,
  observer: observe,
  coordinator: coordinate,
};

async function coordinate(living: Living): Promise<void> {
  const coordinator = await living.patiently(() => new Coordinator({ directory: living.command.directory }));
  if (coordinator === undefined) return;
  while (!living.isOver) await setTimeout(20);
  coordinator.stop();
}

libc();
runCommand<LifeCommand>(async (command) => {
  const living = new Living(command);
  beginSteps(living.journal(STEPS_JOURNAL), command.life, ROLES.indexOf(command.role), command.doom);
  await lives[command.role](living);
});
