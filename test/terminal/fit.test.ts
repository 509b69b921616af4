import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { beforeAll, describe, expect, it } from 'vitest';
import { kgit, kgitJson } from '../support/kgit.js';
import { stateRepository } from '../support/state-repository.js';
import { onTerminal } from '../support/terminal.js';

const CLUSTER = 'cluster/default/kcm-system/azure-production-westeurope';
const MESSAGES = [
  'a short one',
  'The upgrade of all worker nodes took a good deal longer than anybody on the team had expected it to',
  '節点を更新しました 全部で十二台の節点があり 問題はありませんでした 次の更新は来週の予定です',
  '🚀 rollout 🎉 finished 👩‍💻 by hand 🚀 rollout 🎉 finished 👩‍💻 by hand 🚀 rollout 🎉 finished',
];

/** Words of what was recorded, none of which may be broken. */
const wordsOf = (text: string) => text.split(/\s+/).filter(Boolean);

describe('text on a terminal', () => {
  let cwd = '';
  beforeAll(async () => {
    cwd = stateRepository({});
    const lines = MESSAGES.map((message) =>
      JSON.stringify({
        subject: CLUSTER,
        action: 'cluster_deployment_upgraded',
        user: 'Grace Hopper',
        message,
      }),
    );
    const run = await kgit(cwd, ['push-event', '--stdin'], { input: `${lines.join('\n')}\n` });
    expect(run).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([80, 40])('of every kind fits %i columns, and no word is broken', async (columns) => {
    for (const [args, code] of [
      [['log'], 0],
      [['log', '-o', 'wide'], 0],
      [['log', CLUSTER], 0],
      [['log', '--oneline'], 0],
      [['list'], 0],
      [['phase'], 0],
      [['history'], 0],
      [['set', 'deployment.description=a value with a good many words in it, more than a line holds'], 0],
      [['status', '--kubeconfig', '/nonexistent'], 17],
      [['get', 'no.such.path'], 15],
      [['push-event', 'x'], 2],
      [['log', '--limit', '1'], 0],
    ] as const) {
      const run = await onTerminal(cwd, args, { columns, env: { KGIT_PAGER: 'cat' } });
      expect(run.code, args.join(' ')).toBe(code);
      const lines = stripVTControlCharacters(run.screen).split('\n');
      for (const line of lines)
        expect(stringWidth(line), `${args.join(' ')}: ${line}`).toBeLessThanOrEqual(columns);
    }
  });

  it.each([80, 40])('gives log --oneline one line an event, cut at %i columns', async (columns) => {
    const { screen } = await onTerminal(cwd, ['log', '--oneline'], { columns, env: { KGIT_PAGER: 'cat' } });
    const lines = stripVTControlCharacters(screen).trimEnd().split('\n');
    const { events } = await kgitJson(cwd, ['log']);
    expect(lines).toHaveLength(events.length);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\d /);
    expect(lines.some((line) => line.endsWith('…'))).toBe(true);
  });

  it.each([80, 40])('breaks the words of the log between them at %i columns', async (columns) => {
    const { screen } = await onTerminal(cwd, ['log', '-o', 'wide'], { columns, env: { KGIT_PAGER: 'cat' } });
    const shown = new Set(wordsOf(stripVTControlCharacters(screen)));
    for (const word of MESSAGES.flatMap(wordsOf)) expect(shown).toContain(word);
  });

  it('keeps its colours across a break', async () => {
    const env = { KGIT_PAGER: 'cat', NO_COLOR: undefined };
    const { screen } = await onTerminal(cwd, ['log', '--limit', '1'], { columns: 40, env });
    for (const line of screen.split('\n')) {
      const open = line.split(/\u001b\[[1-9]\d*m/).length;
      expect(line.split('\u001b[0m').length, line).toBe(open);
    }
  });

  it('is one line an event where the output is no terminal', async () => {
    const { stdout } = await kgit(cwd, ['log', '--action', 'cluster_deployment_upgraded']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(MESSAGES.length);
    for (const message of MESSAGES) expect(stdout).toContain(message);
  });
});
