import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DRIVERS } from '../../src/setup/drivers.js';
import type { Backend } from '../../src/store/port/backend.js';
import { requireKubectl, sample } from '../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { runInProcess } from '../support/in-process.js';
import { registerMemoryDriver } from '../support/memory-driver.js';
import { commit } from '../support/store-contract.js';

const AUTHOR = ['--user', 'ada'];
const folder = temporaryFolder();
const config = join(folder, 'deploy.yaml');
const events = join(folder, 'events.yaml');
const legacy = join(folder, 'legacy');
const pipes = join(folder, 'pipes');
let server: ApiServer;

const MARKER = `apiVersion: kgit/v1
kind: StateRepository
managements:
  default: {}
`;

/** Every command, in an order that gives each something to work on: its arguments and its exit code. */
interface Run {
  readonly name: string;
  readonly args: readonly string[];
  readonly code: number;
  readonly shows?: RegExp;
}

const run = (name: string, args: readonly string[], code = 0, shows = /(?:)/): Run => ({
  name,
  args,
  code,
  shows,
});

const RUNS: readonly Run[] = [
  run('set', ['deployment.region=eu', '--deployment', 'dep-a', '--create', ...AUTHOR], 0),
  run('set', ['deployment.region=us', '--deployment', 'dep-a', ...AUTHOR], 0),
  run('get', ['deployment.region', '--deployment', 'dep-a'], 0, /^us$/m),
  run('unset', ['deployment.region', '--deployment', 'dep-a', ...AUTHOR], 0),
  run('push-event', ['cluster_created', '--cluster', 'prod', ...AUTHOR], 0),
  run('push-event', ['--file', events, ...AUTHOR], 0),
  run('phase', ['start', 'create_vms', '--deployment', 'dep-a', ...AUTHOR]),
  run('log', [], 0, /cluster_created/),
  run('log', ['--grep', 'cluster_created'], 0, /cluster_created/),
  run('list', [], 0, /dep-a/),
  run('history', ['--deployment', 'dep-a'], 0),
  run('status', ['--offline'], 0),
  run('lock', ['network', ...AUTHOR], 0),
  run('locks', [], 0, /network/),
  run('unlock', ['network'], 0),
  run('lock', ['network', '--', 'true'], 0),
  run('run', ['step', '--deployment', 'dep-a', ...AUTHOR, '--', 'true'], 0),
  run('compact', ['--before', 'today', ...AUTHOR]),
  run('export', ['--to', '@state'], 0),
  run('outbox', [], 0),
  run('sync', [], 0),
  run('config', [], 0),
  run('publisher', [], 0),
  run('version', [], 0),
  run('complete', ['words', '--', 'get', '--config', config, '--deployment', '']),
  run('diff', ['@first'], 0, /region/),
  run('get', ['deployment.region', '--deployment', 'dep-a', '--at', '@first'], 0, /^eu$/m),
  run('rollback', ['--to', '@first', '--deployment', 'dep-a', ...AUTHOR]),
  run('validate', ['--repo', '@repo']),
  run('verify', []),
  run('import', [legacy, '--yes', ...AUTHOR]),
  run('mirror', [legacy, ...AUTHOR]),
  run('doctor', []),
  run('edit', ['--deployment', 'dep-a', ...AUTHOR]),
  run('completion', ['bash']),
  run('shell-init', ['bash'], 0, /init_deployment_state/),
  run('shell-server', [pipes, '@ended']),
  // These ask the cluster.
  run('status', [], 0, /azure-prod-weu/),
  run('status', ['azure-prod-weu', '--explain'], 0, /Ready/),
  run('wait', ['azure-prod-weu', '--for', 'ready'], 0, /azure-prod-weu is Ready/),
  run('show', ['cluster/azure-prod-weu'], 0, /Ready/),
  run('backfill', ['--yes', ...AUTHOR]),
  run('identify', []),
  // Those that are about git itself.
  run('init', [join(folder, 'new')], 2, /backend: (memory|sqlite|file)/),
  run('clone', [folder, join(folder, 'cloned')], 2, /backend: (memory|sqlite|file)/),
  run('backup', [join(folder, 'state.bundle')], 2, /backend: (memory|sqlite|file)/),
  run(
    'restore',
    [join(folder, 'state.bundle'), join(folder, 'restored')],
    2,
    /backend: (memory|sqlite|file)/,
  ),
  run('resolve', [], 2, /backend: (memory|sqlite|file)/),
  run(
    'set',
    ['deployment.region=eu', '--deployment', 'dep-a', '--propose', ...AUTHOR],
    2,
    /backend: (memory|sqlite|file)/,
  ),
];

/** git calls the first for its own files; the second makes a git repository. */
const ELSEWHERE = ['merge-state', 'demo'];

interface BackendUnderTest {
  readonly backend: string;
  readonly repo: string;
}

const BACKENDS: readonly BackendUnderTest[] = [
  { backend: 'memory', repo: 'memory:team' },
  { backend: 'sqlite', repo: `sqlite:${join(folder, 'team.db')}` },
  { backend: 'file', repo: `file:${join(folder, 'team')}` },
];

/** The store, as another program of this machine opens it. */
async function opened({ backend, repo }: BackendUnderTest): Promise<Backend> {
  const open = await DRIVERS.get(backend)?.load();
  if (!open) throw new Error(`there is no driver ${backend}`);
  const context = { place: repo, cwd: folder, environment: {}, timeout: 10_000, history: true };
  return (await open(context)).store;
}

describe.each(BACKENDS)('every command on a store that is not git: $backend', (under) => {
  const { backend, repo } = under;
  /** The revision that `@first` stands for, which is known once it is made. */
  let first = '';
  const asRun = (arg: string) =>
    ({ '@first': first, '@repo': repo, '@state': join(folder, `state-${backend}`) })[arg] ??
    (arg === '@ended' ? endedProcess() : arg);

  beforeAll(async () => {
    // An editor that changes nothing.
    vi.stubEnv('EDITOR', 'true');
    requireKubectl();
    server = await startApiServer({
      managements: [sample('mgmt-01-healthy.yaml')],
      clusters: [sample('cld-01-azure-healthy.yaml')],
    });
    vi.stubEnv('KUBECONFIG', server.kubeconfig);
    rmSync(pipes, { recursive: true, force: true });
    mkdirSync(pipes);
    execFileSync('mkfifo', [join(pipes, 'pool')]);
    registerMemoryDriver();
    writeFileSync(config, `state_management:\n  backend: ${backend}\n  repo: ${repo}\n`);
    writeFileSync(events, 'action: node_added\nsubject: cluster/prod\n');
    mkdirSync(join(legacy, 'state'), { recursive: true });
    writeFileSync(join(legacy, 'state/deployment-state.yaml'), 'deployment_id: dep-b\nregion: eu\n');
    const store = await opened(under);
    await store.swap(null, [commit({ 'kgit.yaml': MARKER })], 5_000);
    await store.close();
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  it.each(RUNS)('$name $args', async ({ name, args, code, shows = /(?:)/ }) => {
    const ended = await runInProcess(name, [
      ...(name === 'validate' ? [] : ['--config', config]),
      ...args.map(asRun),
    ]);
    expect(ended).toMatchObject({ code });
    if (name === 'set' && first === '') {
      const store = await opened(under);
      first = (await store.head()).revision ?? '';
      await store.close();
    }
    expect(`${ended.stdout}${ended.stderr}`).toMatch(shows);
  });
});

describe('the commands', () => {
  it('names each command once at least', () => {
    const all = readdirSync(join(import.meta.dirname, '../../src/commands')).map((file) =>
      file.replace(/\.ts$/, ''),
    );
    const named = new Set([...RUNS.map(({ name }) => name), ...ELSEWHERE]);
    expect(all.filter((name) => !named.has(name))).toEqual([]);
  });
});

/** The id of a process that has ended. */
function endedProcess(): string {
  return execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
}
