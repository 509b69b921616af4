import { usageLine } from '../../src/cli/help/usage.js';
import { argNote, examplesOf, flagNote, flagTerm, isShared, SHARED, sharedFlags } from './command-text.js';
import type { ManifestArg, ManifestCommand, ManifestFlag } from './manifest.js';
import { markdownTable } from './table.js';

const anchor = (title: string) => title.toLowerCase().replaceAll(' ', '-');
function flagTable(flags: readonly ManifestFlag[]): string {
  const sorted = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
  return markdownTable(
    ['flag', 'what it does'],
    sorted.map((flag) => [`\`${flagTerm(flag)}\``, flagNote(flag)]),
  );
}

function argRow(arg: ManifestArg): string[] {
  return [`\`${arg.name.toUpperCase()}\`${arg.required ? '' : ' (optional)'}`, argNote(arg)];
}

function section(command: ManifestCommand, usual: readonly ManifestFlag[]): string {
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const names = new Set(flags.map(({ name }) => name));
  const isUsual = (flag: ManifestFlag) => usual.some((one) => flagNote(one) === flagNote(flag));
  const own = flags.filter((flag) => !isShared(flag) || !isUsual(flag));
  const shared = SHARED.filter(({ group }) => flags.some(({ helpGroup }) => helpGroup === group));
  const missing = (wanted: string) =>
    usual
      .filter(({ name, helpGroup }) => helpGroup === wanted && !names.has(name))
      .map((flag) => `\`${flagTerm(flag)}\``);
  const args = Object.values(command.args);
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
    ['```sh', usageLine(command), '', ...examplesOf(command), '```'].join('\n'),
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
