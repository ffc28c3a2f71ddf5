import { type Command, defineCommand } from './command.js';
import { completionScript, SHELLS } from './completion/completion-script.js';
import { writeData } from './output.js';

export const completionCommand: Command = defineCommand({
  command: 'completion [shell]',
  describe: 'Print a script that completes commands, options, segments and groups',
  places: { shell: { choices: SHELLS, describe: 'For which shell [default: that of $SHELL]' } },
  examples: {
    '$0 completion bash >> ~/.bashrc': 'from the next shell on',
    'source <($0 completion bash)': 'in this one',
  },
  async handler({ shell = process.env.SHELL?.endsWith('zsh') ? 'zsh' : 'bash' }) {
    await writeData(completionScript(shell));
  },
});
