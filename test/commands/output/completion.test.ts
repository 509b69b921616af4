import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, PROGRAM } from '../../support/kgit.js';
import { typeAtTerminal } from '../../support/shell-terminal.js';
import { expectFailure, MARKER, sharedState, stateRepository } from '../../support/state-repository.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const KUBECTL_PLUGIN = fileURLToPath(new URL('../../../bin/kubectl-complete.js', import.meta.url));

/** A key that a shell would run, if it were put into the line as it stands. */
const HOSTILE = '$(touch ran)`touch ran`';
const STATE = [
  'deployment:',
  '  deployment_id: dep-a',
  '  phase: setup_network',
  '  phases:',
  '    setup_network: {status: completed}',
  `"${HOSTILE}": 1`,
  '"it\'s a \\"key\\"": 2',
  'widget:',
  '  size: 3',
  '',
].join('\n');
const EVENT = (id: string) =>
  `apiVersion: kgit/v1\nid: ${id}\naction: cluster_created\ntimestamp: 2026-06-01T00:00:00Z\n`;
const FILES = {
  'kgit.yaml': MARKER,
  'deployments/dep-a/state.yaml': STATE,
  'clusters/default/kcm-system/prod-eu-1/events/2026-06/01JWNJ6G0000000000000000AA.yaml': EVENT(
    '01JWNJ6G0000000000000000AA',
  ),
  'clusters/other/team/lab-1/events/2026-06/01JWNJ6G0000000000000000AB.yaml': EVENT(
    '01JWNJ6G0000000000000000AB',
  ),
};

describe('kgit completion', () => {
  let cwd = '';
  let path = '';
  const scripts = temporaryFolder();

  beforeAll(async () => {
    cwd = stateRepository(FILES);
    const bin = join(temporaryFolder(), 'bin');
    mkdirSync(bin);
    symlinkSync(PROGRAM, join(bin, 'kgit'));
    symlinkSync(PROGRAM, join(bin, 'kubectl-kgit'));
    symlinkSync(KUBECTL_PLUGIN, join(bin, 'kubectl_complete-kgit'));
    path = `${bin}:${process.env['PATH']}`;
    for (const shell of SHELLS) {
      const run = await kgit(cwd, ['completion', shell]);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      writeFileSync(join(scripts, shell), run.stdout);
    }
  });

  /** What is offered for words, as values and descriptions. */
  async function offers(...words: string[]): Promise<[string, string][]> {
    const { code, stdout } = await kgit(cwd, ['complete', 'words', '--', ...words]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.pop()).toMatch(/^:\d+$/);
    return lines.map((line) => line.split('\t') as [string, string]);
  }

  it.each<[readonly string[], readonly [string, string][]]>([
    [['pu'], [['push-event', 'Record that something happened.']]],
    [['phase', 'sk'], [['skip', '']]],
    [['list', 'c'], [['clusters', '']]],
    [['log', '--outcome', 'f'], [['failed', '']]],
    [['log', '--outcome=f'], [['--outcome=failed', '']]],
    [['-o', 'jsonl'], [['jsonl', '']]],
    [['log', 'dep'], [['deployment/dep-a', 'deployment']]],
    [['log', 'pr'], [['prod-eu-1', 'cluster in default/kcm-system']]],
    [['log', 'cluster/o'], [['cluster/other/team/lab-1', 'cluster in other/team']]],
    [['show', 'other'], [['other/team/lab-1', 'cluster in other/team']]],
    [['push-event', 'x', '--cluster', 'p'], [['prod-eu-1', 'cluster in default/kcm-system']]],
    [['get', '--deployment', ''], [['dep-a', 'deployment']]],
    [['phase', 'complete', 'setup_n'], [['setup_network', 'completed']]],
    [['get', 'deployment.deployment'], [['deployment.deployment_id', '"dep-a"']]],
    [
      ['history', 'wid'],
      [
        ['widget', 'holds 1'],
        ['widget.size', '3'],
      ],
    ],
    [['set', 'widget.'], [['widget.size=', '3']]],
    [['unset', 'widget.s'], [['widget.size', '3']]],
    [['set', '--if', 'widget.s'], [['widget.size=', '3']]],
    [['set', 'a=1', 'wid'], [['widget.', 'holds 1']]],
    [['nonsense', 'x'], []],
    [['run', 'x', '--', 'k'], []],
  ])('offers for %j', async (words, expected) => {
    expect(await offers(...words)).toEqual(
      expected.map(([value, description]) => [
        value,
        description === 'Record that something happened.' ? expect.any(String) : description,
      ]),
    );
  });

  it('offers every command and flag with what it does', async () => {
    const commands = new Map(await offers(''));
    expect([...commands.keys()]).toContain('push-event');
    expect([...commands.keys()]).not.toContain('complete');
    const flags = new Map(await offers('get', '--'));
    expect([...flags.keys()]).toEqual(expect.arrayContaining(['--no-fetch', '--default', '--help']));
    for (const about of [...commands.values(), ...flags.values()]) expect(about).not.toBe('');
  });

  it('offers locks with their holder', async () => {
    const run = await kgit(cwd, ['lock', 'network', '--ttl', '1h']);
    expect(run.code).toBe(0);
    expect(await offers('unlock', '')).toEqual([['network', expect.stringMatching(/^held: .+@.+/)]]);
    await kgit(cwd, ['unlock', 'network']);
  });

  it('uses no network and writes nothing', async () => {
    const clone = cloneOf(sharedState(FILES));
    // Whoever went to this remote would fail, or hang until a limit of time.
    git(clone, 'remote', 'set-url', 'origin', 'http://192.0.2.1/state.git');
    const before = execFileSync('find', ['.git', '-type', 'f'], { cwd: clone, encoding: 'utf8' });
    for (const words of [
      ['log', ''],
      ['get', ''],
      ['unlock', ''],
      ['phase', 'start', ''],
    ]) {
      const { code, stderr } = await kgit(clone, ['complete', 'words', '--', ...words], {
        under: ['strace', '-f', '-qq', '-e', 'trace=connect', '-e', 'signal=none'],
      });
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/AF_INET/);
    }
    expect(execFileSync('find', ['.git', '-type', 'f'], { cwd: clone, encoding: 'utf8' })).toBe(before);
    const url = await kgit(clone, ['complete', 'words', '--', '--repo', 'http://192.0.2.1/s.git', 'log', '']);
    expect(url).toMatchObject({ code: 0, stdout: ':4\n' });
  });

  it('tells kubectl as its plugins do', () => {
    const env = { ...process.env, PATH: path };
    const args = ['log', '--outcome', 's'];
    const expected = 'started\t\nsucceeded\t\n:4\n';
    expect(execFileSync('kubectl_complete-kgit', args, { cwd, env, encoding: 'utf8' })).toBe(expected);
    // Debian's kubectl is older than what asks plugins.
    const asked = execFileSync('kubectl', ['__complete', 'kgit', ...args], { cwd, env, encoding: 'utf8' });
    if (asked.includes('started')) expect(asked).toMatch(/^started\t?\nsucceeded\t?\n:4\n/);
  });

  /** How each shell is started without anybody's own settings, with the completion loaded. */
  function start(shell: (typeof SHELLS)[number]): string {
    const file = join(scripts, shell);
    const own = temporaryFolder();
    writeFileSync(join(own, 'bashrc'), `PS1='READY> '\nsource ${file}\n`);
    writeFileSync(
      join(own, '.zshrc'),
      `PS1='READY> '\nautoload -Uz compinit\ncompinit -D -u\nsource ${file}\n`,
    );
    return {
      bash: `bash --noprofile --rcfile '${own}/bashrc' -i`,
      zsh: `env ZDOTDIR='${own}' zsh -d -i`,
      fish: `fish --no-config -C "function fish_prompt; echo -n 'READY> '; end; source ${file}"`,
    }[shell];
  }

  it.each(SHELLS)('prints code that %s takes for valid', (shell) => {
    execFileSync(shell, ['-n', join(scripts, shell)]);
  });

  it('completes in bash, with descriptions, inside of quotes and behind an equals sign', async () => {
    const screen = await typeAtTerminal(cwd, start('bash'), { PATH: path }, [
      { after: 'READY> ', types: 'kgit() { printf "<%s>\\n" "$@"; }\n' },
      { after: 'READY> ', types: 'kgit push-ev\t' },
      { after: 'ent ', types: '--outcome=su\t' },
      { after: 'cceeded ', types: "--cluster 'pr\t" },
      { after: "od-eu-1' ", types: '\n' },
      { after: 'READY> ', types: 'kgit lo\t\t' },
      { after: /READY> kgit lo$/, types: 'g dep\t' },
      { after: 'loyment/dep-a ', types: '\n' },
      { after: 'READY> ', types: 'exit\n' },
    ]);
    expect(screen).toContain('<push-event>\n<--outcome=succeeded>\n<--cluster>\n<prod-eu-1>\n');
    expect(screen).toContain('<log>\n<deployment/dep-a>\n');
    expect(screen).toMatch(/locks +\(List locks and their holders\.\)/);
  });

  it.each(['zsh', 'fish'] as const)('completes in %s', async (shell) => {
    const screen = await typeAtTerminal(cwd, start(shell), { PATH: path }, [
      { after: 'READY> ', types: 'kgit push-ev\t' },
      { after: /ent /, types: '--outcome=su\t' },
      { after: /cceeded/, types: ' --cluster pr\t' },
      { after: /eu-1/, types: ' --dry-run --json x\n' },
      { after: 'READY> ', types: 'exit\n' },
    ]);
    expect(screen).toContain('"subject": "cluster/default/kcm-system/prod-eu-1"');
  });

  it.each<[(typeof SHELLS)[number], string]>([
    ['bash', '\\"$'],
    ['bash', '\'"$'],
    ['bash', '\\"it'],
    ['zsh', '\\"\\$'],
    ['fish', '\\"\\$'],
  ])('puts a hostile key into the line of %s as text, begun as %s', async (shell, begun) => {
    const screen = await typeAtTerminal(cwd, start(shell), { PATH: path }, [
      { after: 'READY> ', types: `kgit get ${begun}\t` },
      { after: /key|ran/, types: '\n' },
      { after: 'READY> ', types: 'exit\n' },
    ]);
    // The path is asked for as it is called: the value came.
    expect(screen).toMatch(/^\W*[12]$/m);
    expect(existsSync(join(cwd, 'ran'))).toBe(false);
  });

  it('refuses a shell that it does not know: 2', async () => {
    expectFailure(await kgit(cwd, ['completion', 'tcsh', '--json']), 'USAGE', 2);
  });
});
