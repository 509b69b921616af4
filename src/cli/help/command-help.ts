import type { Command } from '@oclif/core';
import { commandLines, definitions, type Page, paragraphs, section } from './layout.js';
import { usageLine } from './usage.js';

type Flag = Command.Flag.Cached;

/** Flag groups that many commands share. One line names them, unless the full help is requested. */
const COMMON = ['READ', 'WRITE', 'GLOBAL'];

function flagTerm(flag: Flag): string {
  const { name, char, type } = flag;
  const short = char ? `-${char}, ` : '';
  if (type === 'boolean') return `${short}--${flag.allowNo ? '[no-]' : ''}${name}`;
  const value = flag.helpValue ?? flag.options?.join('|') ?? 'N';
  return `${short}--${name} ${String(value)}`;
}

function flagText(flag: Flag): string {
  const preset = flag.type === 'option' ? flag.default : undefined;
  const isShown = typeof preset === 'string' || typeof preset === 'number';
  const notes = [
    flag.summary ?? '',
    ...(flag.type === 'option' && flag.multiple ? ['May be repeated.'] : []),
    ...(isShown ? [`Default: ${preset}.`] : []),
  ];
  return [...new Set(notes)].join(' ');
}

/** Puts a command's own flags first and shared ones last. */
const rank = (group: string) => (group === '' ? -2 : COMMON.indexOf(group));
const byName = (flags: readonly Flag[]) => [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));

function flagSections(command: Command.Cached, isWhole: boolean, page: Page): string[] {
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const groups = new Map<string, Flag[]>();
  for (const flag of byName(flags)) {
    const group = flag.helpGroup ?? '';
    groups.set(group, [...(groups.get(group) ?? []), flag]);
  }
  const isFolded = (group: string) => !isWhole && COMMON.includes(group);
  const order = [...groups.keys()].sort((a, b) => rank(a) - rank(b));
  const own = order
    .filter((group) => !isFolded(group))
    .flatMap((group) =>
      section(
        group === '' ? 'FLAGS' : `${group} FLAGS`,
        definitions(
          (groups.get(group) ?? []).map((flag) => [flagTerm(flag), flagText(flag)] as const),
          page,
        ),
        page,
      ),
    );
  const folded = order.filter(isFolded).flatMap((group) => groups.get(group) ?? []);
  const names = folded.map(({ name, char }) => (char ? `-${char}/--${name}` : `--${name}`)).join(', ');
  const common = section('COMMON FLAGS', paragraphs(`${names} (kgit ${command.id} --help-all)`, page), page);
  return [...own, ...(folded.length > 0 ? common : [])];
}

function examplesOf({ examples = [] }: Command.Cached): string[] {
  return examples.flatMap((example) =>
    typeof example === 'string' ? [example.replaceAll('<%= config.bin %>', 'kgit')] : [],
  );
}

/** Formats the help of one command. */
export function commandHelp(command: Command.Cached, isWhole: boolean, page: Page): string[] {
  const { id, usage, args, summary = '', description = '' } = command;
  const argRows = Object.values(args)
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, description: text = '' }) => [name.toUpperCase(), text] as const);
  return [
    ...paragraphs(summary, page, ''),
    ...section('USAGE', paragraphs(`$ ${usageLine({ id, args, usage })}`, page), page),
    ...section('ARGUMENTS', definitions(argRows, page), page),
    ...flagSections(command, isWhole, page),
    ...section('DESCRIPTION', paragraphs(description, page), page),
    ...section(
      'EXAMPLES',
      examplesOf(command).flatMap((example) => commandLines(example, page)),
      page,
    ),
  ];
}
