import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireKubectl, sample } from '../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import { bareRepository, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { STATE } from '../support/state-repository.js';
import { onTerminal } from '../support/terminal.js';

const manifest = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../oclif.manifest.json', import.meta.url)), 'utf8'),
) as { commands: Record<string, { hidden?: boolean }> };

const LEGACY = 'cluster_name: old\nevents:\n  - timestamp: "2025-07-11T14:30:00Z"\n    action: created\n';
const EDITED = { EDITOR: 'true', GIT_EDITOR: undefined, VISUAL: undefined };

/** A command line, its exit code, and what the screen shows of it. `%` stands for a new folder. */
type Line = readonly [line: string, code: number, shows: string, env?: Record<string, string | undefined>];

/** Of each command one line that succeeds and one that fails, on the same clone. */
const LINES: Readonly<Record<string, readonly [success: Line, failure: Line]>> = {
  backfill: [
    ['backfill --dry-run', 0, 'cluster_'],
    ['backfill', 17, 'error CLUSTER', { KUBECONFIG: '/dev/null' }],
  ],
  backup: [
    ['backup %/b', 0, '✓'],
    ['backup /proc/none/b', 18, 'error ENVIRONMENT'],
  ],
  clone: [
    ['clone $REMOTE %/c', 0, '✓'],
    ['clone %/none %/d', 16, 'error REMOTE'],
  ],
  compact: [
    ['compact --before 2020-01-01', 0, 'nothing'],
    ['compact --before soon', 2, 'error USAGE'],
  ],
  complete: [
    ['complete words -- pha', 0, 'phase'],
    ['complete nothing', 2, 'error USAGE'],
  ],
  completion: [
    ['completion bash', 0, 'complete'],
    ['completion tcsh', 2, 'error USAGE'],
  ],
  config: [
    ['config', 0, 'read.maxAge'],
    ['config nope', 15, 'error NOT_FOUND'],
  ],
  // It runs until Ctrl-C: test/terminal/waiting.test.ts.
  demo: [
    ['demo --help', 0, 'USAGE'],
    ['demo /', 2, 'error USAGE'],
  ],
  diff: [
    ['diff HEAD', 0, ''],
    ['diff nosuch', 15, 'error NOT_FOUND'],
  ],
  doctor: [
    ['doctor --offline-', 2, 'error USAGE'],
    ['doctor --timeout x', 2, 'error USAGE'],
  ],
  edit: [
    ['edit', 0, 'nothing changed', EDITED],
    ['edit', 18, 'error', { ...EDITED, EDITOR: 'false' }],
  ],
  export: [
    ['export --to %/e', 0, ''],
    ['export cluster/none --to %/f', 15, 'error NOT_FOUND'],
  ],
  get: [
    ['get deployment.phase', 0, 'setup_network'],
    ['get nope', 15, 'error NOT_FOUND'],
  ],
  history: [
    ['history', 0, 'deployment.phase'],
    ['history a..b', 2, 'error USAGE'],
  ],
  identify: [
    ['identify --dry-run', 0, '✓ management cluster'],
    ['identify', 17, 'error CLUSTER', { KUBECONFIG: '/dev/null' }],
  ],
  import: [
    ['import $LEGACY --dry-run', 0, '1 new'],
    ['import %/none', 15, 'error NOT_FOUND'],
  ],
  init: [
    ['init %/i', 0, '✓'],
    ['init %/j --deployment A_B', 2, 'error USAGE'],
  ],
  list: [
    ['list', 0, 'deployment/dep-a'],
    ['list pods', 2, 'error USAGE'],
  ],
  lock: [
    ['lock one -- true', 0, 'released'],
    ['lock', 2, 'error USAGE'],
  ],
  locks: [
    ['locks', 0, 'nobody'],
    ['locks --nosuch', 2, 'error USAGE'],
  ],
  log: [
    ['log', 0, 'cluster_created'],
    ['log nope', 15, 'error NOT_FOUND'],
  ],
  'merge-state': [
    ['merge-state $A $A $B deployments/dep-a/state.yaml', 0, ''],
    ['merge-state', 2, 'error USAGE'],
  ],
  migrate: [
    ['migrate --to file:% --dry-run', 0, 'dry run'],
    ['migrate', 2, 'error USAGE'],
  ],
  mirror: [
    ['mirror $MIRRORED', 0, ''],
    ['mirror', 2, 'error USAGE'],
  ],
  notify: [
    ['notify', 0, 'no notifications are set up'],
    ['notify test', 2, 'error USAGE'],
  ],
  outbox: [
    ['outbox', 0, 'nothing waits'],
    ['outbox drop X', 15, 'error NOT_FOUND'],
  ],
  phase: [
    ['phase', 0, 'setup_network'],
    ['phase start', 2, 'error USAGE'],
  ],
  publisher: [
    ['publisher', 0, ''],
    ['publisher --nosuch', 2, 'error USAGE'],
  ],
  'push-event': [
    ['push-event up prod --dry-run', 0, '✓'],
    ['push-event up', 2, 'error USAGE'],
  ],
  resolve: [
    ['resolve --help', 0, 'USAGE'],
    ['resolve none', 15, 'error NOT_FOUND'],
  ],
  restore: [
    ['restore $BUNDLE %/r', 0, '✓'],
    ['restore %/none %/s', 14, 'error INVALID_STATE'],
  ],
  rollback: [
    ['rollback --to HEAD', 0, 'nothing changed'],
    ['rollback', 2, '--to is missing'],
  ],
  hooks: [
    ['hooks install', 0, 'the hook'],
    ['hooks', 2, 'error USAGE'],
  ],
  run: [
    ['run up prod --dry-run -- true', 0, 'up'],
    ['run up prod', 2, 'error USAGE'],
  ],
  set: [
    ['set deployment.note=1 --dry-run', 0, 'would be written'],
    ['set a', 2, 'error USAGE'],
  ],
  // It runs until its client ends it: test/mcp.
  mcp: [
    ['mcp --help', 0, 'USAGE'],
    ['mcp --user agent', 2, '--allow-writes'],
  ],
  // It runs until Ctrl-C: test/terminal/waiting.test.ts.
  serve: [
    ['serve --help', 0, 'USAGE'],
    ['serve --listen 0.0.0.0:0', 2, '--token-file'],
  ],
  'shell-init': [
    ['shell-init bash', 0, 'kgit'],
    ['shell-init fish', 2, 'error USAGE'],
  ],
  'shell-server': [
    ['shell-server --help', 0, 'USAGE'],
    ['shell-server', 2, 'error USAGE'],
  ],
  show: [
    ['show $CLUSTER', 0, 'CONDITION'],
    ['show none', 15, 'error NOT_FOUND'],
  ],
  status: [
    ['status', 0, 'azure-prod-weu'],
    ['status none', 15, 'error NOT_FOUND'],
  ],
  sync: [
    ['sync', 0, '✓'],
    ['sync --yes', 2, 'error USAGE'],
  ],
  unlock: [
    ['unlock --help', 0, 'USAGE'],
    ['unlock none', 15, 'error NOT_FOUND'],
  ],
  secrets: [
    ['secrets recipients', 0, 'no secrets are shared here'],
    ['secrets recipients add x', 2, 'no age recipient'],
  ],
  unset: [
    ['unset nope', 0, 'nothing changed'],
    ['unset', 2, 'error USAGE'],
  ],
  validate: [
    ['validate', 0, ''],
    ['validate --base nosuch', 15, 'error NOT_FOUND'],
  ],
  verify: [
    ['verify', 0, ''],
    ['verify --nosuch', 2, 'error USAGE'],
  ],
  version: [
    ['version', 0, 'kgit/'],
    ['version --nosuch', 2, 'error USAGE'],
  ],
  watch: [
    ['watch --after HEAD~1 -n 1', 0, 'to go on'],
    ['watch a/b', 2, 'error USAGE'],
  ],
  wait: [
    ['wait $CLUSTER --for ready', 0, ''],
    ['wait', 2, 'error USAGE'],
  ],
};

/** A colour, and no other sequence, such as the one that clears a line. */
const COLOUR = /\u001b\[\d+m/;

describe('every command on a terminal', () => {
  let server: ApiServer;
  const place = { clone: '', words: {} as Record<string, string> };

  beforeAll(async () => {
    requireKubectl();
    const cluster = sample('cld-01-azure-healthy.yaml');
    server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters: [cluster] });
    const [remote, clone, folder] = [bareRepository(), temporaryFolder(), temporaryFolder()];
    await kgitJson('.', ['init', clone, '--remote', remote, '--deployment', 'dep-a']);
    await kgitJson(clone, ['set', 'deployment.phase=setup_network']);
    await kgitJson(clone, ['push-event', 'cluster_created', '--cluster', 'prod']);
    await kgitJson(clone, ['backup', join(folder, 'bundle')]);
    mkdirSync(join(folder, 'state'));
    writeFileSync(join(folder, 'state/cluster-old-events.yaml'), LEGACY);
    for (const [name, text] of [
      ['a', STATE],
      ['b', STATE],
    ] as const)
      writeFileSync(join(folder, name), text);
    const { namespace, name } = cluster.metadata as { namespace: string; name: string };
    place.clone = clone;
    place.words = {
      ...{
        $REMOTE: remote,
        $BUNDLE: join(folder, 'bundle'),
        $LEGACY: join(folder, 'state'),
        $MIRRORED: folder,
      },
      ...{ $A: join(folder, 'a'), $B: join(folder, 'b'), $CLUSTER: `${namespace}/${name}` },
    };
  });
  afterAll(() => server.stop());

  it('is in this table', () => {
    expect(Object.keys(LINES).sort()).toEqual(Object.keys(manifest.commands).sort());
  });

  // Wide with colours and narrow without them take turns, for success and failure of each command and from one to the next.
  const TERMINALS = [
    { columns: 80, NO_COLOR: undefined },
    { columns: 40, NO_COLOR: '1' },
  ] as const;
  const cases = Object.entries(LINES).map(([command, lines], i) => ({ command, lines, i }));

  it.each(cases)('$command', async ({ lines, i }) => {
    for (const [nth, [line, code, shows, env]] of lines.entries()) {
      const { columns, NO_COLOR } = TERMINALS[(i + nth) % 2 === 0 ? 0 : 1];
      const fresh = temporaryFolder();
      const args = line.split(' ').map((word) => place.words[word] ?? word.replace('%', fresh));
      const run = await onTerminal(place.clone, args, {
        columns,
        env: { KUBECONFIG: server.kubeconfig, NO_COLOR, ...env },
      });
      const text = stripVTControlCharacters(run.screen);
      expect({ line, code: run.code, text }).toMatchObject({ line, code });
      expect(text).toContain(shows);
      expect(text).not.toContain('INTERNAL');
      // What is left of a colour whose first character was taken away.
      expect(text).not.toMatch(/\[\d+m/);
      if (code !== 0) expect(COLOUR.test(run.screen)).toBe(NO_COLOR === undefined);
    }
    expect(git(place.clone, 'status', '--porcelain')).toBe('');
  });
});
