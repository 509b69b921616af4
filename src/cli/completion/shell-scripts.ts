export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/*
 * Each script calls `kgit complete`, so its offers always match the installed kgit. It calls the program by its name,
 * never by the typed word: `./kgit` may be a file of a repository that somebody else committed.
 */

const BASH = `# bash completion for kgit: source <(kgit completion bash)
_kgit() {
  local lines
  mapfile -t lines < <(command kgit complete bash -- "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" "$COMP_TYPE" "\${COLUMNS:-80}" 2>/dev/null </dev/null)
  COMPREPLY=("\${lines[@]:1}")
  case "\${lines[0]-}" in
    nospace) compopt -o nospace ;;
    files) compopt -o default ;;
  esac
}
complete -F _kgit kgit
`;

const ZSH = `#compdef kgit
# zsh completion for kgit: source <(kgit completion zsh)
_kgit() {
  local -a lines described
  local line value directive
  lines=("\${(@f)$(command kgit complete words -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  directive=\${lines[-1]#:}
  [[ $directive == <-> ]] || return 1
  for line in "\${(@)lines[1,-2]}"; do
    value=\${line%%$'\\t'*}
    value=\${value//\\\\/\\\\\\\\}
    described+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( directive & 2 )); then
    _describe -V kgit described -S ''
  elif (( \${#described} )); then
    _describe -V kgit described
  elif (( ! (directive & 4) )); then
    _files
  fi
}
compdef _kgit kgit
`;

const FISH = `# fish completion for kgit: kgit completion fish | source
function __kgit_complete
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l current (commandline -ct | string unescape)
    set -l lines (command kgit complete words -- $typed "$current" 2>/dev/null </dev/null)
    set -q lines[1]; or return
    set -l directive (string replace : '' -- $lines[-1])
    set -e lines[-1]
    printf '%s\\n' $lines
    if not set -q lines[1]; and test (math "bitand($directive, 4)") -eq 0
        __fish_complete_path "$current"
    end
end
complete -c kgit -f -a '(__kgit_complete)'
`;

/** Returns the completion script of a shell. */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}
