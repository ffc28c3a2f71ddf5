import { type Command, defineCommand } from './command.js';

export const demoCommand: Command = defineCommand({
  command: 'demo',
  describe: 'The whole thing in ten seconds: real processes, real messages, a histogram',
  examples: { '$0 demo': 'needs nothing, leaves nothing behind' },
  async handler({ directory }, interrupted) {
    const { runDemo } = await import('./demo.js');
    await runDemo(directory, interrupted);
  },
});
