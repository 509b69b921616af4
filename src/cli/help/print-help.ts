import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import { styleFor } from '../../terminal/style.js';
import { commandHelp } from './command-help.js';
import { type Page, paragraphs, section } from './layout.js';
import { rootHelp } from './root-help.js';

/** Width, in columns, if nothing reports it. */
const USUAL_WIDTH = 80;
/** Maximum width, in columns: longer lines are hard to read. */
const MAX_WIDTH = 100;

export interface HelpOptions {
  /** Whether to explain the flags that many commands share, too. */
  readonly isWhole: boolean;
  readonly description: string;
  /** The program's folder, which contains its documentation. */
  readonly root: string;
}

function docsLines(id: string | null, root: string, page: Page): string[] {
  const path = join(root, 'docs', 'commands.md');
  if (!existsSync(path)) return [];
  return section('DOCS', paragraphs(id === null ? path : `${path}#kgit-${id}`, page), page);
}

/** Prints the help of a command, or of kgit itself if none is given. */
export function printHelp(
  id: string | null,
  commands: Readonly<Record<string, Command.Cached>>,
  { isWhole, description, root }: HelpOptions,
): void {
  const { stdout, env } = process;
  const isTerminal = stdout.isTTY === true;
  const width = Math.min(isTerminal ? (stdout.columns ?? USUAL_WIDTH) : USUAL_WIDTH, MAX_WIDTH);
  const page = { width, style: styleFor(isTerminal, env) };
  const command = id === null ? undefined : commands[id];
  const lines = command ? commandHelp(command, isWhole, page) : rootHelp(commands, description, page);
  stdout.write(`${[...lines, ...docsLines(id, root, page)].join('\n')}\n`);
}
