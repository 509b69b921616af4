import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kgit } from '../support/kgit.js';
import { pathWithKgit } from '../support/kgit-on-path.js';
import { typeAtTerminal } from '../support/shell-terminal.js';
import { stateRepository } from '../support/state-repository.js';

/** What k9s reads of a plugin; see its schema in internal/config/json/schemas/plugins.json (0.51.0). */
interface Plugin {
  readonly shortCut: string;
  readonly description: string;
  readonly confirm: boolean;
  readonly background: boolean;
  readonly scopes: readonly string[];
  readonly command: string;
  readonly args: readonly string[];
}

const FIELDS = ['args', 'background', 'command', 'confirm', 'description', 'scopes', 'shortCut'];
const file = join(import.meta.dirname, '../../examples/k9s/plugins.yaml');
const { plugins }: { plugins: Readonly<Record<string, Plugin>> } = parse(readFileSync(file, 'utf8'));
const plugin = plugins['kgit-log'] as Plugin;

/** Replaces variables as k9s does (internal/view/env.go, 0.51.0): known ones alone, wherever they stand in an argument. */
function substitute(arg: string, values: Readonly<Record<string, string>>): string {
  return [...arg.matchAll(/\$(!?)([\w-]+)|\$\{(!?)([\w\-%/: ]+)\}/g)]
    .sort(([a], [b]) => b.length - a.length)
    .reduce((text, [all, , short, , long]) => {
      const value = values[(short ?? long ?? '').toUpperCase()];
      return value === undefined ? text : text.replaceAll(all, value);
    }, arg);
}

const shellWord = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

describe('the plugin for k9s', () => {
  let cwd = '';
  let PATH = '';
  beforeAll(async () => {
    cwd = stateRepository();
    PATH = pathWithKgit();
    const events = Array.from({ length: 60 }, (_, i) =>
      JSON.stringify({ subject: 'cluster/team/prod-eu-1', action: 'noted', message: `number ${i + 1}` }),
    );
    const few = JSON.stringify({ subject: 'cluster/team/lab-1', action: 'noted', message: 'the only one' });
    const run = await kgit(cwd, ['push-event', '--stdin'], { input: `${[...events, few].join('\n')}\n` });
    expect(run).toMatchObject({ code: 0 });
  });

  /** Runs the command on a terminal, as k9s does for the row of this cluster; the screen. */
  function atRow(name: string, steps: Parameters<typeof typeAtTerminal>[3]): Promise<string> {
    const values = { NAMESPACE: 'team', NAME: name, CONTEXT: 'mgmt', CLUSTER: 'mgmt' };
    const words = [plugin.command, ...plugin.args.map((arg) => substitute(arg, values))];
    // Options of less by which short texts would be gone with k9s's next screen.
    const env = { PATH, PAGER: 'cat', LESS: 'FRX' };
    return typeAtTerminal(cwd, words.map(shellWord).join(' '), env, steps);
  }

  it('has the fields that k9s knows, and runs at once, in the foreground', () => {
    expect(Object.keys(plugins)).toEqual(['kgit-log']);
    expect(Object.keys(plugin).sort()).toEqual(FIELDS);
    expect(plugin).toMatchObject({ confirm: false, background: false });
    for (const text of [
      plugin.shortCut,
      plugin.description,
      plugin.command,
      ...plugin.scopes,
      ...plugin.args,
    ])
      expect(text).toEqual(expect.any(String));
    expect(plugin.shortCut).toMatch(/^(Shift|Ctrl)-[A-Z]$/);
    expect(plugin.scopes).toContain('clusterdeployments.k0rdent.mirantis.com');
  });

  it('opens the log in less, until you leave it', async () => {
    const screen = await atRow('prod-eu-1', [{ after: 'number 5', types: 'q' }]);
    // The terminal has 40 lines, so what comes later was never shown.
    expect(screen).not.toContain('number 60');
  });

  it('keeps a short log on the screen until you leave it', async () => {
    const screen = await atRow('lab-1', [{ after: '(END)', types: 'q' }]);
    expect(screen).toContain('the only one');
    expect(screen).toContain('(END)');
  });

  it('keeps a message on the screen until you press Enter', async () => {
    const screen = await atRow('nobody', [{ after: 'Press Enter', types: '\n' }]);
    expect(screen).toContain('nothing is recorded of cluster/default/team/nobody');
  });

  it('runs nothing that a name contains', async () => {
    const name = `x"; touch ran; $(touch ran)'; touch ran; '`;
    const screen = await atRow(name, [{ after: 'Press Enter', types: '\n' }]);
    expect(screen).toContain('error USAGE');
    expect(existsSync(join(cwd, 'ran'))).toBe(false);
  });
});
