/** Texts about flags, arguments and examples that the page of commands and the manual pages share. */
import type { ManifestArg, ManifestCommand, ManifestFlag } from './manifest.js';

/** Flags that many commands share, by their group in help. */
export const SHARED = [
  { group: 'GLOBAL', title: 'Flags of all commands', link: 'all commands' },
  { group: 'WRITE', title: 'Flags of the commands that write', link: 'commands that write' },
  { group: 'READ', title: 'Flags of the commands that read', link: 'commands that read' },
] as const;

export const isShared = ({ helpGroup }: ManifestFlag) => SHARED.some(({ group }) => group === helpGroup);

/** How a flag is written, such as `-o, --output FORMAT`. */
export function flagTerm({ name, char, type, helpValue, options, allowNo }: ManifestFlag): string {
  const value = type === 'boolean' ? '' : ` ${helpValue ?? (options ? options.join('|') : 'N')}`;
  return `${char ? `-${char}, ` : ''}--${allowNo ? '[no-]' : ''}${name}${value}`;
}

/** What a flag does, its default, and the flags that it excludes; code is in backquotes. */
export function flagNote({ summary = '', default: preset, exclusive = [] }: ManifestFlag): string {
  const notes = [
    preset === undefined || preset === false ? '' : `Default: \`${String(preset)}\`.`,
    exclusive.length === 0 ? '' : `Not with ${exclusive.map((name) => `\`--${name}\``).join(', ')}.`,
  ];
  return [summary, ...notes].filter(Boolean).join(' ');
}

/** What an argument is; code is in backquotes. */
export function argNote({ description = '', options }: ManifestArg): string {
  const choice = options ? ` One of ${options.map((option) => `\`${option}\``).join(', ')}.` : '';
  return `${description}${choice}`;
}

/** The examples of a command, one shell line each. */
export function examplesOf({ examples }: ManifestCommand): string[] {
  return examples.map((line) => line.replaceAll('<%= config.bin %>', 'kgit'));
}

/** The flags of each group, as the first command with them defines them. */
export function sharedFlags(commands: readonly ManifestCommand[]): ManifestFlag[] {
  const flags = new Map<string, ManifestFlag>();
  for (const command of commands)
    for (const flag of Object.values(command.flags))
      if (isShared(flag) && !flags.has(flag.name)) flags.set(flag.name, flag);
  return [...flags.values()];
}
