import { usageLine } from '../../src/cli/help/usage.js';
import type { ManifestArg, ManifestCommand, ManifestFlag } from './manifest.js';
import { markdownTable } from './table.js';

/** Flags that many commands share, by their group in help. */
const SHARED = [
  { group: 'GLOBAL', title: 'Flags of all commands', link: 'all commands' },
  { group: 'WRITE', title: 'Flags of the commands that write', link: 'commands that write' },
  { group: 'READ', title: 'Flags of the commands that read', link: 'commands that read' },
] as const;

const anchor = (title: string) => title.toLowerCase().replaceAll(' ', '-');
const isShared = ({ helpGroup }: ManifestFlag) => SHARED.some(({ group }) => group === helpGroup);

function flagWord({ name, char, type, helpValue, options, allowNo }: ManifestFlag): string {
  const value = type === 'boolean' ? '' : ` ${helpValue ?? (options ? options.join('|') : 'N')}`;
  return `\`${char ? `-${char}, ` : ''}--${allowNo ? '[no-]' : ''}${name}${value}\``;
}

function flagNote({ summary = '', default: preset, exclusive = [] }: ManifestFlag): string {
  const notes = [
    preset === undefined || preset === false ? '' : `Default: \`${String(preset)}\`.`,
    exclusive.length === 0 ? '' : `Not with ${exclusive.map((name) => `\`--${name}\``).join(', ')}.`,
  ];
  return [summary, ...notes].filter(Boolean).join(' ');
}

function flagTable(flags: readonly ManifestFlag[]): string {
  const sorted = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
  return markdownTable(
    ['flag', 'what it does'],
    sorted.map((flag) => [flagWord(flag), flagNote(flag)]),
  );
}

function argRow({ name, description = '', options, required }: ManifestArg): string[] {
  const choice = options ? ` One of ${options.map((option) => `\`${option}\``).join(', ')}.` : '';
  return [`\`${name.toUpperCase()}\`${required ? '' : ' (optional)'}`, `${description}${choice}`];
}

/** The flags of each group, as the first command with them defines them. */
function sharedFlags(commands: readonly ManifestCommand[]): ManifestFlag[] {
  const flags = new Map<string, ManifestFlag>();
  for (const command of commands)
    for (const flag of Object.values(command.flags))
      if (isShared(flag) && !flags.has(flag.name)) flags.set(flag.name, flag);
  return [...flags.values()];
}

function section(command: ManifestCommand, usual: readonly ManifestFlag[]): string {
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const names = new Set(flags.map(({ name }) => name));
  const isUsual = (flag: ManifestFlag) => usual.some((one) => flagNote(one) === flagNote(flag));
  const own = flags.filter((flag) => !isShared(flag) || !isUsual(flag));
  const shared = SHARED.filter(({ group }) => flags.some(({ helpGroup }) => helpGroup === group));
  const missing = (wanted: string) =>
    usual.filter(({ name, helpGroup }) => helpGroup === wanted && !names.has(name)).map(flagWord);
  const args = Object.values(command.args);
  const examples = command.examples.map((line) => line.replaceAll('<%= config.bin %>', 'kgit'));
  const links = shared
    .map(({ group, title, link }) => {
      const without = missing(group).join(', ');
      return `[${link}](#${anchor(title)})${without ? ` but for ${without}` : ''}`;
    })
    .join(', ');
  return [
    `## kgit ${command.id}`,
    command.summary,
    command.description,
    ['```sh', usageLine(command), '', ...examples, '```'].join('\n'),
    ...(args.length > 0 ? [markdownTable(['argument', 'what it is'], args.map(argRow))] : []),
    ...(own.length > 0 ? [flagTable(own)] : []),
    `${own.length > 0 ? 'And the' : 'The'} flags of: ${links}.`,
  ].join('\n\n');
}

/** Makes the reference of all commands from the manifest. */
export function commandsReference(commands: readonly ManifestCommand[]): string {
  const index = commands.map(({ id, summary }) => [`[\`${id}\`](#kgit-${id})`, summary]);
  const usual = sharedFlags(commands);
  const shared = SHARED.map(
    ({ group, title }) => `## ${title}\n\n${flagTable(usual.filter(({ helpGroup }) => helpGroup === group))}`,
  );
  const sections = commands.map((command) => section(command, usual));
  return [markdownTable(['command', 'what it does'], index), ...shared, ...sections].join('\n\n');
}
