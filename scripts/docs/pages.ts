import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { costsPart } from '../../bench/costs/page.js';
import { benchmarksPart } from '../../bench/report.js';
import { commandsReference } from './commands-page.js';
import { exitCodeTable } from './exit-codes.js';
import { readCommands } from './manifest.js';
import { withRegion } from './regions.js';
import {
  driverOptionsTable,
  filesTable,
  gitKeysTable,
  phaseSequenceYaml,
  settingsTable,
  variablesTable,
} from './settings-table.js';

/** A generated part of a page. */
interface Part {
  readonly page: string;
  readonly region: string;
  readonly content: (root: string) => string;
}

const PARTS: readonly Part[] = [
  { page: 'README.md', region: 'exit codes', content: exitCodeTable },
  { page: 'docs/scripting.md', region: 'exit codes', content: exitCodeTable },
  { page: 'docs/settings.md', region: 'settings', content: settingsTable },
  { page: 'docs/settings.md', region: 'driver options', content: driverOptionsTable },
  { page: 'docs/settings.md', region: 'files', content: filesTable },
  { page: 'docs/settings.md', region: 'git settings', content: gitKeysTable },
  { page: 'docs/settings.md', region: 'variables', content: variablesTable },
  { page: 'docs/settings.md', region: 'phase sequence', content: phaseSequenceYaml },
  { page: 'docs/library.md', region: 'library example', content: libraryExample },
  { page: 'docs/benchmarks.md', region: 'benchmarks', content: benchmarksPart },
  { page: 'docs/costs.md', region: 'costs', content: costsPart },
  { page: 'docs/commands.md', region: 'commands', content: (root) => commandsReference(readCommands(root)) },
];

/** The example that test/library runs. */
function libraryExample(root: string): string {
  return `\`\`\`js\n${readFileSync(join(root, 'examples/library/record-upgrade.mjs'), 'utf8')}\`\`\``;
}

export const PAGES: readonly string[] = [...new Set(PARTS.map(({ page }) => page))];

/** The text of `page` with its generated parts regenerated, except for the tour. */
export function renderPage(root: string, page: string): string {
  const text = readFileSync(join(root, page), 'utf8');
  return PARTS.filter((part) => part.page === page).reduce(
    (made, { region, content }) => withRegion(made, region, content(root)),
    text,
  );
}
