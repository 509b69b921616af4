import type { Command } from '@oclif/core';
import { GROUPS } from './groups.js';
import { definitions, type Page, paragraphs, section } from './layout.js';

type Commands = Readonly<Record<string, Command.Cached>>;

/** Groups the commands; those without a group come last. */
function grouped(commands: Commands): (readonly [string, readonly Command.Cached[]])[] {
  const visible = Object.values(commands).filter(({ hidden }) => hidden !== true);
  const named = new Set(Object.values(GROUPS).flat());
  const rest = visible.filter(({ id }) => !named.has(id));
  const groups = Object.entries(GROUPS).map(
    ([title, ids]) => [title, ids.flatMap((id) => commands[id] ?? [])] as const,
  );
  return [...groups, ['More', rest]];
}

/** Formats what bare `kgit` shows: the commands grouped by task. */
export function rootHelp(commands: Commands, description: string, page: Page): string[] {
  return [
    ...paragraphs(description, page, ''),
    ...section('USAGE', ['  kgit COMMAND [FLAGS]'], page),
    ...grouped(commands).flatMap(([title, members]) =>
      section(
        title,
        definitions(
          members.map(({ id, summary = '' }) => [id, summary] as const),
          page,
        ),
        page,
      ),
    ),
    '',
    ...paragraphs("'kgit help COMMAND' shows its flags, its exit codes and examples.", page, ''),
  ];
}
