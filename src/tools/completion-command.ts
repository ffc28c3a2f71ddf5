import type { Command, CommonArguments } from './command.js';
import { completionScript, SHELLS, type Shell } from './completion/completion-script.js';
import { writeData } from './output.js';

interface CompletionArguments extends CommonArguments {
  readonly shell?: Shell | undefined;
}

export const completionCommand: Command<CompletionArguments> = {
  command: 'completion [shell]',
  describe: 'Print a script that completes commands, options, segments and groups',
  builder: (yargs) =>
    yargs
      .positional('shell', { choices: SHELLS, describe: 'For which shell [default: that of $SHELL]' })
      .example('$0 completion bash >> ~/.bashrc', 'from the next shell on')
      .example('source <($0 completion bash)', 'in this one'),
  async handler({ shell = process.env.SHELL?.endsWith('zsh') ? 'zsh' : 'bash' }) {
    await writeData(completionScript(shell));
  },
};
