import { GROUPS } from '../../src/cli/help/groups.js';
import { commandLines } from '../../src/cli/help/layout.js';
import { usageLine } from '../../src/cli/help/usage.js';
import { type ErrorCode, EXIT_CODES, EXIT_MEANINGS } from '../../src/errors.js';
import { SETTING_RULES } from '../../src/setup/settings.js';
import { argNote, examplesOf, flagNote, flagTerm, SHARED } from './command-text.js';
import type { ManifestCommand, ManifestFlag } from './manifest.js';
import {
  roffBold,
  roffDefinitions,
  roffInline,
  roffLiteral,
  roffOption,
  roffPage,
  roffParagraphs,
  roffSection,
  roffText,
} from './roff.js';
import { VARIABLES } from './variables.js';

/** What a set of pages is about. */
export interface Manual {
  readonly commands: readonly ManifestCommand[];
  /** Of the package. */
  readonly version: string;
  /** Of the package. */
  readonly description: string;
  /** Date of the version: YYYY-MM-DD. */
  readonly date: string;
}

/** Width, in columns, of an example on a page of 80. */
const EXAMPLE = { width: 72, style: (_colour: string, text: string) => text };
/** The files that a user of kgit meets. */
const FILES: readonly (readonly [string, string])[] = [
  ['`kgit.yaml`', 'The settings of the team, in the state repository.'],
  ['`.kgitrc.yaml`', 'Settings of a folder and of those below it.'],
  ['`~/.config/kgit/config.yaml`', 'Your own settings.'],
  ['`.git/kgit/`', 'In a clone: writes that wait to be published, and leases.'],
  [
    '`~/.cache/kgit/clones/`, `~/.local/state/kgit/`',
    'Clones of the repositories that `--repo URL` names, and their waiting writes.',
  ],
  ['`~/.cache/kgit/code/`', 'Compiled code of kgit, for a quick start. You may delete it at any time.'],
];
const CODES = Object.entries(EXIT_CODES) as [ErrorCode, number][];
const DONE: readonly [string, string] = [roffBold('0'), 'done'];
const exitRow = ([name, code]: readonly [ErrorCode, number]): readonly [string, string] => [
  `${roffBold(String(code))} ${roffText(name)}`,
  EXIT_MEANINGS[name],
];

const pageOf = (id: string) => `kgit-${id}`;
const reference = (page: string) => `\`${page}\`(1)`;
const byName = (a: ManifestFlag, b: ManifestFlag) => (a.name < b.name ? -1 : 1);

function flagRow(flag: ManifestFlag): readonly [string, string] {
  return [roffOption(flagTerm(flag)), flagNote(flag)];
}

/** The command's own flags, then, each with a heading, those of its groups. */
function optionLines(command: ManifestCommand): string[] {
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const groups = new Map<string, ManifestFlag[]>();
  for (const flag of [...flags].sort(byName)) {
    const group = flag.helpGroup ?? '';
    groups.set(group, [...(groups.get(group) ?? []), flag]);
  }
  const shared = SHARED.map(({ group }): string => group);
  const rank = (group: string) =>
    group === '' ? -1 : shared.indexOf(group) < 0 ? 0 : 3 - shared.indexOf(group);
  return [...groups]
    .sort(([a], [b]) => rank(a) - rank(b))
    .flatMap(([group, members]) => {
      const title = SHARED.find((one) => one.group === group)?.title ?? `${group} flags`;
      return [...(group === '' ? [] : [`.SS "${title}"`]), ...roffDefinitions(members.map(flagRow))];
    });
}

/** The codes that the description of a command ends with, with what each means. */
function exitRows(codes: string): (readonly [string, string])[] {
  const named = [...codes.matchAll(/\d+ ([A-Z_]+)/g)].map(([, name]) => name);
  return [DONE, ...CODES.filter(([name]) => named.includes(name)).map(exitRow)];
}

/** The page itself, and others of its group in help. */
function relatedPages(id: string): string[] {
  const group = Object.values(GROUPS).find((ids) => ids.includes(id)) ?? [];
  return group.filter((other) => other !== id).map(pageOf);
}

function seeAlso(pages: readonly string[], docs: string): string[] {
  return roffSection('SEE ALSO', [roffInline(pages.map(reference).join(', ')), '.PP', roffInline(docs)]);
}

function commandPage(command: ManifestCommand, manual: Manual): string {
  const { id, summary, description, args } = command;
  const name = pageOf(id);
  const [text = '', codes = ''] = description.split(/\n\nExit codes: /);
  const argRows = Object.values(args).map(
    (arg) => [`\\fI${roffText(arg.name.toUpperCase())}\\fR`, argNote(arg)] as const,
  );
  const examples = examplesOf(command).flatMap((line, i) => [
    ...(i > 0 ? ['.PP'] : []),
    ...roffLiteral(commandLines(line, EXAMPLE).map((part) => part.slice(2))),
  ]);
  return roffPage(name, manual, [
    ...roffSection('NAME', [`${roffInline(name)} \\- ${roffInline(asName(summary))}`]),
    ...roffSection('SYNOPSIS', [roffInline(`\`${usageLine(command)}\``)]),
    ...roffSection('DESCRIPTION', roffParagraphs(text)),
    ...roffSection('ARGUMENTS', roffDefinitions(argRows)),
    ...roffSection('OPTIONS', optionLines(command)),
    ...roffSection('EXIT STATUS', roffDefinitions(exitRows(codes))),
    ...roffSection('ENVIRONMENT', [roffInline(`The variables of ${reference('kgit')}.`)]),
    ...roffSection('EXAMPLES', examples),
    ...seeAlso(
      ['kgit', ...relatedPages(id)],
      `\`docs/commands.md#kgit-${id}\` in the folder of the package.`,
    ),
  ]);
}

/** A summary as the line of NAME has it: no full stop, and no capital but that of a name such as GitOps. */
function asName(summary: string): string {
  return summary.replace(/\.$/, '').replace(/^[A-Z](?=[a-z]*\b)/, (letter) => letter.toLowerCase());
}

function commandIndex(commands: readonly ManifestCommand[]): string[] {
  const summaries = new Map(commands.map(({ id, summary }) => [id, summary]));
  return Object.entries(GROUPS).flatMap(([title, ids]) => [
    `.SS "${title}"`,
    ...roffDefinitions(ids.map((id) => [roffInline(reference(pageOf(id))), summaries.get(id) ?? ''])),
  ]);
}

function variableRows(): (readonly [string, string])[] {
  const ofSettings = SETTING_RULES.flatMap(({ variable, about, name }) =>
    variable === undefined ? [] : [[`\`${variable}\``, `${about} The setting \`${name}\`.`] as const],
  );
  const others = VARIABLES.map(
    ([names, about]) => [names.map((name) => `\`${name}\``).join(', '), about] as const,
  );
  return [...ofSettings, ...others].map(([term, text]) => [roffInline(term), asSentence(text)]);
}

function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`;
}

function programPage(manual: Manual): string {
  const { commands, description } = manual;
  const globals = new Map<string, ManifestFlag>();
  for (const { flags } of commands)
    for (const flag of Object.values(flags)) if (flag.helpGroup === 'GLOBAL') globals.set(flag.name, flag);
  return roffPage('kgit', manual, [
    ...roffSection('NAME', [`kgit \\- ${roffInline(asName(description))}`]),
    ...roffSection('SYNOPSIS', [
      roffInline('`kgit COMMAND [FLAGS]`'),
      '.br',
      roffInline('`kubectl kgit COMMAND [FLAGS]`'),
      '.br',
      roffInline('`kgit --version`'),
    ]),
    ...roffSection('DESCRIPTION', roffParagraphs(ABOUT)),
    ...roffSection('COMMANDS', commandIndex(commands)),
    ...roffSection('OPTIONS', roffDefinitions([...globals.values()].sort(byName).map(flagRow))),
    ...roffSection('EXIT STATUS', roffDefinitions([DONE, ...CODES.map(exitRow)])),
    ...roffSection('ENVIRONMENT', roffDefinitions(variableRows())),
    ...roffSection('FILES', roffDefinitions(FILES.map(([file, about]) => [roffInline(file), about]))),
    ...roffSection('EXAMPLES', roffLiteral(FIRST_STEPS)),
    ...seeAlso(
      ['git', 'kubectl'],
      'The pages below `docs` in the folder of the package, from `docs/README.md` on.',
    ),
  ]);
}

const ABOUT = `kgit keeps the operational record of k0rdent: who did what to which cluster and deployment, when and why, and how far a deployment has progressed. The record is YAML files in a git repository that a team shares. Every write is one commit, so the history is complete, and two people who write at once never overwrite each other.

k0rdent stays the source of truth for clusters: \`kgit status\` asks it through \`kubectl\`, and shows the records beside the answer.

Each command has a page of its own, such as ${reference('kgit-push-event')}.`;

const FIRST_STEPS = ['kgit demo ~/kgit-demo', 'kgit init state', 'kgit doctor'];

/** Makes the manual pages by file name: `kgit.1`, and one for each command that help lists. */
export function manPages(manual: Manual): Map<string, string> {
  const shown = manual.commands.filter(({ hidden }) => hidden !== true);
  return new Map([
    ['kgit.1', programPage(manual)],
    ...shown.map((command) => [`${pageOf(command.id)}.1`, commandPage(command, manual)] as const),
  ]);
}
