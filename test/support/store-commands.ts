/** Every command on a store that the git program does not serve: suites of drivers call it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { requireKubectl, sample } from '../k0rdent/support.js';
import { type ApiServer, startApiServer } from './api-server/server.js';
import { temporaryFolder } from './git-fixtures.js';
import { runInProcess } from './in-process.js';

const AUTHOR = ['--user', 'ada'];
const folder = temporaryFolder();
const config = join(folder, 'deploy.yaml');
const events = join(folder, 'events.yaml');
const state = join(folder, 'state');
const legacy = join(folder, 'legacy');
const pipes = join(folder, 'pipes');
const gitCopy = join(folder, 'copy.git');
let server: ApiServer;

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

/** What a store that is no git repository says to commands that are about git itself. */
const withoutGit = (backend: RegExp): readonly Run[] => [
  run('init', [join(folder, 'new')], 2, backend),
  run('clone', [folder, join(folder, 'cloned')], 2, backend),
  run('restore', [join(folder, 'state.ndjson.gz')], 12, /not empty/),
  run('restore', [join(folder, 'state.ndjson.gz'), join(folder, 'restored')], 2, backend),
];

/** What the embedded git says to them. */
const withEmbedded = (backend: RegExp): readonly Run[] => [
  run('backup', [join(folder, 'state.bundle')], 2, backend),
  run('init', [join(folder, 'new'), '--remote', 'git@host:x.git'], 18, /Install git/),
  run('init', [join(folder, 'new')], 0, /kgit\.yaml/),
  run('clone', [folder, join(folder, 'cloned')], 18, /Install git/),
  run('restore', [join(folder, 'state.bundle'), join(folder, 'restored')], 2, backend),
];

/** @param repo the address of the store */
const runsOn = (
  backend: RegExp,
  repo: string,
  { place = [], isGit }: Partial<CommandStore>,
): readonly Run[] => [
  run('init', [...place, ...AUTHOR], 0, /kgit\.yaml/),
  run('set', ['deployment.region=eu', '--deployment', 'dep-a', '--create', ...AUTHOR], 0),
  run('set', ['deployment.region=us', '--deployment', 'dep-a', ...AUTHOR], 0),
  run('get', ['deployment.region', '--deployment', 'dep-a'], 0, /^us$/m),
  run('secrets', ['recipients'], 0, /no secrets are shared/),
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
  run('export', ['--to', state], 0),
  run('outbox', [], 0),
  run('notify', [], 0),
  run('sync', [], 0),
  run('config', [], 0),
  run('publisher', [], 0),
  // It runs until a signal ends it: test/serve/program.test.ts.
  run('serve', ['--listen', '0.0.0.0:0'], 2, /--token-file/),
  // It runs until its input ends: test/mcp/process.test.ts.
  run('mcp', ['--user', 'agent'], 2, /--allow-writes/),
  run('version', [], 0),
  run('complete', ['words', '--', 'get', '--config', config, '--deployment', '']),
  run('diff', ['@first'], 0, /region/),
  run('get', ['deployment.region', '--deployment', 'dep-a', '--at', '@first'], 0, /^eu$/m),
  run('watch', ['--after', '@first', '-n', '1'], 0, /region/),
  run('rollback', ['--to', '@first', '--deployment', 'dep-a', ...AUTHOR]),
  run('validate', ['--repo', repo]),
  run('verify', []),
  run('import', [legacy, '--yes', ...AUTHOR]),
  ...(isGit ? [] : [run('backup', [join(folder, 'state.ndjson.gz')])]),
  run('migrate', ['--to', `file:${join(folder, 'moved')}`, '--dry-run'], 0, /dry run/),
  run('mirror', [legacy, ...AUTHOR]),
  isGit
    ? run('mirror', ['--to', gitCopy], 2, /not git/)
    : run('mirror', ['--to', gitCopy], 0, /[1-9]\d* commits/),
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
  ...(isGit ? withEmbedded(backend) : withoutGit(backend)),
  run('resolve', [], 2, backend),
  run('hooks', ['install'], 2, backend),
  run('set', ['deployment.region=eu', '--deployment', 'dep-a', '--propose', ...AUTHOR], 2, backend),
];

/** git calls the first for its own files; the second makes a git repository. */
const ELSEWHERE = ['merge-state', 'demo'];

/** A store that is not git. */
export interface CommandStore {
  /** Name of its driver. */
  readonly backend: string;
  /** Starts its server, and returns the address of an empty store. */
  readonly begin: () => Promise<string>;
  readonly end: () => Promise<void>;
  /** The arguments of `kgit init`, if they must name the place. */
  readonly place?: readonly string[];
  /** Whether it is a git repository without the git program. */
  readonly isGit?: boolean;
}

/** Runs every command on a store. */
export function storeCommands({ backend, begin, end, ...more }: CommandStore): void {
  const runs = (repo: string) => runsOn(new RegExp(`backend: ${backend}`), repo, more);
  let repo = '';
  beforeAll(async () => {
    // An editor that changes nothing.
    vi.stubEnv('EDITOR', 'true');
    requireKubectl();
    server = await startApiServer({
      managements: [sample('mgmt-01-healthy.yaml')],
      clusters: [sample('cld-01-azure-healthy.yaml')],
    });
    vi.stubEnv('KUBECONFIG', server.kubeconfig);
    mkdirSync(pipes);
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', gitCopy]);
    execFileSync('mkfifo', [join(pipes, 'pool')]);
    repo = await begin();
    // The address, as a block of its own would name it.
    writeFileSync(config, `state_management:\n  backend: ${backend}\n  repo: ${JSON.stringify(repo)}\n`);
    writeFileSync(events, 'action: node_added\nsubject: cluster/prod\n');
    mkdirSync(join(legacy, 'state'), { recursive: true });
    writeFileSync(join(legacy, 'state/deployment-state.yaml'), 'deployment_id: dep-b\nregion: eu\n');
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
    await end();
  });

  // The address is known once the server has started.
  it.each(runs('@repo'))('$name $args', async ({ name, args, code, shows = /(?:)/ }) => {
    const asRun = (arg: string) =>
      arg === '@first' ? first : arg === '@ended' ? endedProcess() : arg === '@repo' ? repo : arg;
    const ended = await runInProcess(name, [
      ...(name === 'validate' ? [] : ['--config', config]),
      ...args.map(asRun),
    ]);
    expect(ended, ended.stderr).toMatchObject({ code });
    if (name === 'set' && first === '') first = await revisionNow();
    expect(`${ended.stdout}${ended.stderr}`).toMatch(shows);
  });

  it('names each command once at least', () => {
    const all = readdirSync('src/commands').map((file) => file.replace(/\.ts$/, ''));
    const named = new Set([...runs('').map(({ name }) => name), ...ELSEWHERE]);
    expect(all.filter((name) => !named.has(name))).toEqual([]);
  });
}

/** The revision that `@first` stands for, which is known once it is made. */
let first = '';

async function revisionNow(): Promise<string> {
  const { stdout } = await runInProcess('list', ['--config', config, '--output', 'json']);
  return (JSON.parse(stdout) as { repository: { revision: string } }).repository.revision;
}

/** The id of a process that has ended. */
function endedProcess(): string {
  return execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
}
