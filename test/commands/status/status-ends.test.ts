import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM, startKgit } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import { initialisedState } from '../../support/state-repository.js';

let server: ApiServer;
let repository: string;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters: samples() });
  repository = await initialisedState();
  // The first look at a management cluster has something to say.
  await kgitJson(repository, ['status', '--kubeconfig', server.kubeconfig]);
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

/** The kubectl processes that ask this server. */
const asking = () =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.startsWith('kubectl ') && line.includes(server.kubeconfig));

/** A line of shell in which `kgit` is the built program; its exit codes are told on stderr. */
function shell(line: string) {
  const kgitHere = `kgit() { "${process.execPath}" "${PROGRAM}" "$@"; echo "ended with $?" >&2; }`;
  const child = spawn('sh', ['-c', `${kgitHere}\n${line}`], {
    ...{ cwd: repository, env: { ...process.env, KUBECONFIG: server.kubeconfig } },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    said.out += text;
  });
  child.stderr.on('data', (text) => {
    said.err += text;
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return { said, closed };
}

it.each(['-o text', '-o jsonl'])(
  'a watch %s whose reader goes ends at once, and says nothing of it',
  async (how) => {
    const { said, closed } = shell(
      `kgit status --watch ${how} --kubeconfig "${server.kubeconfig}" | head -1`,
    );
    await closed;
    expect(said.out.trim().split('\n')).toHaveLength(1);
    expect(said.err).toBe('ended with 0\n');
    expect(asking()).toEqual([]);
  },
);

it('a watch whose reader goes later ends at the next change', async () => {
  const { said, closed } = shell(
    `kgit status --watch -o jsonl --kubeconfig "${server.kubeconfig}" | sed '/"type":"changed"/q'`,
  );
  const words = () => said.out + said.err;
  await until(() => server.journal.watches === 1, words);
  server.remove(sample('cld-04-gcp-gke-deleting.yaml'));
  await until(() => said.out.includes('"changed"'), words);
  const rows = said.out.split('\n').filter(Boolean);
  expect(rows.map((row) => JSON.parse(row).type).slice(-2)).toEqual(['watching', 'changed']);
  server.remove(sample('cld-27-azure-deleting-cloud-cleanup.yaml'));
  await closed;
  expect(said.err).toBe('ended with 0\n');
  expect(asking()).toEqual([]);
});

it.each<[string[], NodeJS.Signals]>([
  [['status'], 'SIGTERM'],
  [['status', '--watch'], 'SIGTERM'],
  [['show', 'azure-prod-weu'], 'SIGHUP'],
  [['wait', 'azure-prod-weu', '--for', 'ready'], 'SIGTERM'],
])('leaves no kubectl behind when a signal ends %j', async (args, signal) => {
  server.inject({ kind: 'hang', when: ({ path }) => path.endsWith('/clusterdeployments') });
  const child = startKgit(repository, [...args, '--kubeconfig', server.kubeconfig]);
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await until(
    () => asking().length > 0 && server.requests.some(({ path }) => path.endsWith('/clusterdeployments')),
    () => String(server.requests.length),
  );
  child.kill(signal);
  await closed;
  await until(
    () => asking().length === 0,
    () => asking().join('\n'),
  );
});

it('no kubectl gets the token that is for the remote', async () => {
  const folder = temporaryFolder();
  const seen = `${folder}/seen`;
  const lines = ['#!/bin/sh', `env >> ${seen}`, 'exec /bin/false', ''];
  writeFileSync(`${folder}/kubectl`, lines.join('\n'), { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env['PATH']}`, KGIT_TOKEN: 'for-the-remote', MARK: 'own' };
  for (const command of ['doctor', 'status', 'backfill']) await kgit(repository, [command], { env });
  const text = readFileSync(seen, 'utf8');
  expect(text).toContain('MARK=own');
  expect(text).not.toContain('for-the-remote');
});

it.runIf(existsSync('/dev/full'))('tells without a stack that its output cannot be written', async () => {
  const { said, closed } = shell('kgit status > /dev/full');
  await closed;
  expect(said.err).toMatch(
    /^error ENVIRONMENT: standard output cannot be written: ENOSPC[^\n]*\nended with 18\n$/,
  );
});
