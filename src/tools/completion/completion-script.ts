import { DIRECTORIES, FILES } from './completion-words.js';

export const SHELLS = ['bash', 'zsh'] as const;
type Shell = (typeof SHELLS)[number];

/** A script that makes a shell complete the command lines of Hermes. It asks `hermes` itself, and shows no errors. */
export function completionScript(shell: Shell): string {
  return shell === 'bash' ? BASH : ZSH;
}

const BASH = `# Completion of hermes for bash: hermes completion bash >> ~/.bashrc
_hermes_completion() {
  local word="\${COMP_WORDS[COMP_CWORD]}" reply
  local IFS=$'\\n'
  [[ $word == = ]] && word=
  reply=($(SHELL=bash "\${COMP_WORDS[0]}" --get-yargs-completions "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null))
  COMPREPLY=()
  case "\${reply[0]}" in
    ${FILES}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word")) ;;
    ${DIRECTORIES}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "\${reply[*]}" -- "$word")) ;;
  esac
}
complete -F _hermes_completion hermes hermes-ipc
`;

const ZSH = `#compdef hermes hermes-ipc
# Completion of hermes for zsh: hermes completion zsh >> ~/.zshrc, after compinit
_hermes_completion() {
  local -a reply
  reply=("\${(@f)$(SHELL=zsh "\${words[1]}" --get-yargs-completions "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  case "\${reply[1]}" in
    ${FILES}) _files ;;
    ${DIRECTORIES}) _files -/ ;;
    '') ;;
    *) _describe -V 'hermes' reply ;;
  esac
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _hermes_completion "$@"
else
  compdef _hermes_completion hermes hermes-ipc
fi
`;
