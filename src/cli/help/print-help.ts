import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import { styleFor } from '../../terminal/style.js';
import { commandHelp } from './command-help.js';
import { type Page, paragraphs, section } from './layout.js';
import { rootHelp } from './root-help.js';

/** Where nothing tells the width. */
const USUAL_WIDTH = 80;
/** Lines that are longer are hard to read. */
const MAX_WIDTH = 100;

export interface HelpOptions {
  /** Whether the flags that many commands share are explained, too. */
  readonly isWhole: boolean;
  readonly description: string;
  /** The folder of the program, with its documentation. */
  readonly root: string;
}

function docsLines(id: string | null, root: string, page: Page): string[] {
  const path = join(root, 'docs', 'commands.md');
  if (!existsSync(path)) return [];
  return section('DOCS', paragraphs(id === null ? path : `${path}#kgit-${id}`, page), page);
}

/** Prints the help of a command, or that of kgit where there is none. */
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
