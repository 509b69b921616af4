import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommands } from '../../scripts/docs/manifest.js';
import { SERVER_RESULTS } from '../../scripts/schemas/results.js';
import { SCHEMA_FILES } from '../../scripts/schemas/schema-files.js';
import { requireKubectl, sample, samples } from '../k0rdent/support.js';
import { startApiServer } from '../support/api-server/server.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { runningDemo } from '../support/running-demo.js';
import { checkResult } from '../support/schemas.js';
import { runningServer } from '../support/serve/running-server.js';
import { filesBelow } from '../support/source-files.js';
import { sharedState } from '../support/state-repository.js';

const root = join(import.meta.dirname, '../..');
const kindOf = (command: string) =>
  `${command.replace(/(^|[- ])(\w)/g, (_, _dash, letter: string) => letter.toUpperCase())}Result`;
/** They talk to the functions of shell-init over fifos, and to an agent's client in its protocol. */
const WITHOUT_RESULT = ['shell-server', 'mcp'];
const ids = readCommands(root).map(({ id }) => id);
const kinds = ids.filter((id) => !WITHOUT_RESULT.includes(id)).map(kindOf);

describe('the schemas of results', () => {
  it('say what the code says', () => {
    const stale = "schemas/ is stale: run 'npm run docs' and commit it";
    expect(filesBelow('schemas', '.json'), stale).toEqual([...SCHEMA_FILES.keys()].sort());
    for (const [path, text] of SCHEMA_FILES) expect(readFileSync(join(root, path), 'utf8'), stale).toBe(text);
  });

  it('are there for every command and the API of the server, and for no other', () => {
    const files = [...SCHEMA_FILES.keys()].filter((path) => path.startsWith('schemas/results/'));
    const wanted = [...kinds, ...SERVER_RESULTS, 'Error'].map(
      (kind) => `schemas/results/${kind}.schema.json`,
    );
    expect(files.sort()).toEqual(wanted.sort());
  });

  it('hold for what every command gives', async () => {
    const remote = sharedState({ 'kgit.yaml': readTemplate() });
    const path = cloneOf(remote);
    const legacy = join(root, 'examples/legacy-state');
    const backup = join(temporaryFolder(), 'state.bundle');
    requireKubectl();
    const clusters = samples().slice(0, 2);
    const server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters });
    const live = clusters[0]?.metadata as { namespace: string; name: string };
    const cluster = `${live.namespace}/${live.name}`;
    const env = { KUBECONFIG: server.kubeconfig, EDITOR: 'sh -c \'echo "more: 1" >> "$0"\'' };
    const seen: string[] = [];
    // Each call holds the result against its schema.
    const give = async (...args: string[]) => {
      const { json } = await kgit(path, [args[0] ?? '', '--json', ...args.slice(1)], { env });
      seen.push(json.kind);
      return json;
    };
    await give('push-event', 'cluster_created', '--cluster', 'prod', '--param', 'size:=3');
    await give('run', 'upgrade', '--cluster', 'prod', '--', 'true');
    await give('set', 'kof.version=1.5.0', '--if-absent', 'kof.version');
    await give('unset', 'kof.version');
    await give('history', 'kof.version');
    await give('diff');
    await give('rollback', '--to', 'HEAD~1', 'kof.version');
    await give('validate', '--base', 'HEAD~1');
    await give('verify');
    await give('lock', 'network');
    await give('locks');
    await give('unlock', 'network');
    await give('unlock', 'network');
    await give('lock', 'network', '--', 'true');
    await give('lock', 'network');
    await give('unlock', 'network', '--force', '--reason', 'test');
    await give('log', 'lock/network');
    await give('secrets', 'recipients');
    await give(
      'secrets',
      'recipients',
      'add',
      'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    );
    await give('phase', 'start', 'create_vms');
    await give('phase');
    await give('import', legacy);
    await give('export', 'deployment/dep-a', '--to', temporaryFolder());
    await give('mirror', legacy);
    await give('edit', '--deployment', 'dep-a');
    await give('push-event', 'x', '--cluster', 'prod', '--queue');
    await give('outbox');
    await give('notify');
    await give('publisher');
    await give('sync');
    await give('get', '--deployment', 'dep-a');
    await give('log');
    await give('watch', '--after', 'HEAD~1', '--limit', '1');
    await give('list');
    await give('status', '--offline');
    await give('status');
    await give('identify');
    await give('show', cluster);
    await give('wait', cluster, '--for', 'deleted', '--timeout', '100ms');
    await give('wait', cluster, '--for', 'Ready', '--timeout', '240s');
    await give('backfill', '--dry-run');
    await give('backup', backup);
    await give('restore', backup, join(temporaryFolder(), 'state'));
    await give('migrate', '--to', `file:${join(temporaryFolder(), 'moved')}`, '--dry-run');
    git(path, 'push', '--quiet', 'origin', 'HEAD~3:refs/heads/topic');
    await give('resolve', 'topic');
    const sides = ['base', 'ours', 'theirs'].map((name) => join(temporaryFolder(), name));
    for (const side of sides) writeFileSync(side, 'a: 1\n');
    await give('merge-state', ...sides, 'state.yaml');
    await give('shell-init', 'bash');
    await give('doctor', '--timeout', '5s');
    await give('completion', 'bash');
    await give('complete', 'words', '--', 'log', '');
    await give('config');
    await give('version');
    await give('hooks', 'install');
    await give('clone', remote, temporaryFolder('kgit-clones-').concat('/clone'));
    await give('init', temporaryFolder(), '--remote', bareRepository());
    await give('init', temporaryFolder(), '--dry-run');
    await give('compact', '--before', 'today');
    const demo = await runningDemo(temporaryFolder(), ['--json']);
    checkResult(JSON.parse(demo.stdout));
    seen.push(JSON.parse(demo.stdout).kind);
    await demo.end();
    const served = await runningServer(path, ['--no-learn']);
    checkResult(served.document);
    seen.push(served.document.kind);
    await served.end();
    await give('get', 'nothing.here');
    await give('no-such-command');
    await server.stop();
    expect([...new Set(seen)].sort()).toEqual([...kinds, 'Error'].sort());
  });

  it('refuse a kind without one, a key that is missing, one that is too many, and a value of another type', async () => {
    const json = await kgitJson(cloneOf(sharedState()), ['get', 'deployment.phase']);
    const { subject: _, ...less } = json;
    const { pending: _pending, ...repository } = json.repository;
    const bad: [unknown, string][] = [
      [{ ...json, kind: 'NewResult' }, 'no such file'],
      [{ ...json, kind: '../event' }, 'no kind'],
      [{ ...json, kind: undefined }, 'no kind'],
      [less, "required property 'subject'"],
      [{ ...json, repository }, "required property 'pending'"],
      [{ ...json, more: 1 }, 'must NOT have additional properties {"additionalProperty":"more"}'],
      [{ ...json, subject: 'prod' }, '/subject must match pattern'],
      [{ ...json, apiVersion: 'kgit/v2' }, '/apiVersion must be equal to constant'],
    ];
    for (const [result, words] of bad) expect(() => checkResult(result)).toThrow(words);
  });
});

function readTemplate(): string {
  return readFileSync(join(root, 'templates/state-repo/kgit.yaml'), 'utf8');
}
