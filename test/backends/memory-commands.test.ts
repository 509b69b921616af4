import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../support/git-fixtures.js';
import { runInProcess } from '../support/in-process.js';
import { memoryStore, registerMemoryDriver } from '../support/memory-driver.js';
import { commit } from '../support/store-contract.js';

const AUTHOR = ['--user', 'ada'];
const folder = temporaryFolder();
const config = join(folder, 'deploy.yaml');
const events = join(folder, 'events.yaml');
const state = join(folder, 'state');
const legacy = join(folder, 'legacy');

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
  run('export', ['--to', state], 0),
  run('outbox', [], 0),
  run('sync', [], 0),
  run('config', [], 0),
  run('publisher', [], 0),
  run('version', [], 0),
  run('complete', ['words', '--', 'get', '--config', config, '--deployment', '']),
  run('diff', ['@first'], 0, /region/),
  run('get', ['deployment.region', '--deployment', 'dep-a', '--at', '@first'], 0, /^eu$/m),
  run('rollback', ['--to', '@first', '--deployment', 'dep-a', ...AUTHOR]),
  run('validate', ['--repo', 'memory:team']),
  run('verify', []),
  run('import', [legacy, '--yes', ...AUTHOR]),
  run('mirror', [legacy, ...AUTHOR]),
  run('doctor', [], 3),
  run('edit', ['--deployment', 'dep-a', ...AUTHOR]),
  run('completion', ['bash']),
  // What asks a cluster gets as far as that: there is none.
  run('show', ['cluster/prod'], 17),
  run('backfill', ['--yes', ...AUTHOR], 17),
  run('identify', [], 17),
  // Those that are about git itself.
  run('init', [join(folder, 'new')], 2, /backend: memory/),
  run('clone', [folder, join(folder, 'cloned')], 2, /backend: memory/),
  run('backup', [join(folder, 'state.bundle')], 2, /backend: memory/),
  run('restore', [join(folder, 'state.bundle'), join(folder, 'restored')], 2, /backend: memory/),
  run('resolve', [], 2, /backend: memory/),
  run('set', ['deployment.region=eu', '--deployment', 'dep-a', '--propose', ...AUTHOR], 2, /backend: memory/),
];

/** These open no store of the settings: git and shell-init call two, one makes a git repository, one prints code, one asks a cluster alone. */
const ELSEWHERE = ['merge-state', 'shell-server', 'demo', 'shell-init', 'wait'];

describe('every command on a store that is not git', () => {
  beforeAll(async () => {
    // An editor that changes nothing.
    vi.stubEnv('EDITOR', 'true');
    registerMemoryDriver();
    writeFileSync(config, 'state_management:\n  backend: memory\n  repo: memory:team\n');
    writeFileSync(events, 'action: node_added\nsubject: cluster/prod\n');
    mkdirSync(join(legacy, 'state'), { recursive: true });
    writeFileSync(join(legacy, 'state/deployment-state.yaml'), 'deployment_id: dep-b\nregion: eu\n');
    await memoryStore('memory:team').swap(null, [commit({ 'kgit.yaml': MARKER })], 0);
  });

  afterAll(() => vi.unstubAllEnvs());

  it.each(RUNS)('$name $args', async ({ name, args, code, shows = /(?:)/ }) => {
    const ended = await runInProcess(name, [
      ...(name === 'validate' ? [] : ['--config', config]),
      ...args.map(asRun),
    ]);
    expect(ended).toMatchObject({ code });
    if (name === 'set' && first === '') first = (await memoryStore('memory:team').head()).revision ?? '';
    expect(`${ended.stdout}${ended.stderr}`).toMatch(shows);
  });

  it('names each command once at least', () => {
    const all = readdirSync(join(import.meta.dirname, '../../src/commands')).map((file) =>
      file.replace(/\.ts$/, ''),
    );
    const named = new Set([...RUNS.map(({ name }) => name), ...ELSEWHERE]);
    expect(all.filter((name) => !named.has(name))).toEqual([]);
  });
});

/** The revision that `@first` stands for, which is known once it is made. */
let first = '';
const asRun = (arg: string) => (arg === '@first' ? first : arg);
