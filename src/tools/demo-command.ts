import type { Command, CommonArguments } from './command.js';

export const demoCommand: Command<CommonArguments> = {
  command: 'demo',
  describe: 'The whole thing in ten seconds: real processes, real messages, a histogram',
  builder: (yargs) => yargs.example('$0 demo', 'needs nothing, leaves nothing behind'),
  async handler({ directory }, interrupted) {
    const { runDemo } = await import('./demo.js');
    await runDemo(directory, interrupted);
  },
};
