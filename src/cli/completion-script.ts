/** A command as completion knows it. */
export interface CompletedCommand {
  readonly id: string;
  readonly summary: string;
  readonly flags: readonly string[];
  /** Words that its first argument may be. */
  readonly words: readonly string[];
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

function plain(text: string): string {
  return text.replace(/['`\\$"[\]:]/g, ' ');
}

function bash(bin: string, commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ id, flags, words }) => `    ${id}) words="${[...words, ...flags].join(' ')}" ;;`,
  );
  return `# bash completion for ${bin}: source <(${bin} completion bash)
_${bin}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ id }) => id).join(' ')}"
  else
    case "$command" in
${cases.join('\n')}
    *) words="" ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _${bin} ${bin}
`;
}

function zsh(bin: string, commands: readonly CompletedCommand[]): string {
  const list = commands.map(({ id, summary }) => `    '${id}:${plain(summary)}'`);
  const cases = commands.map(
    ({ id, flags, words }) => `    ${id}) compadd -- ${[...words, ...flags].join(' ')} ; _files ;;`,
  );
  return `#compdef ${bin}
# zsh completion for ${bin}: source <(${bin} completion zsh)
_${bin}() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _${bin} ${bin}
`;
}

function fish(bin: string, commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ id, summary, flags, words }) => [
    `complete -c ${bin} -f -n __fish_use_subcommand -a ${id} -d '${plain(summary)}'`,
    ...(words.length > 0
      ? [`complete -c ${bin} -f -n '__fish_seen_subcommand_from ${id}' -a '${words.join(' ')}'`]
      : []),
    ...flags.map(
      (flag) => `complete -c ${bin} -n '__fish_seen_subcommand_from ${id}' -l ${flag.replace(/^--/, '')}`,
    ),
  ]);
  return `# fish completion for ${bin}: ${bin} completion fish | source\n${lines.join('\n')}\n`;
}

/** The completion code of a shell for these commands. */
export function completionScript(shell: Shell, bin: string, commands: readonly CompletedCommand[]): string {
  return { bash, zsh, fish }[shell](bin, commands);
}
