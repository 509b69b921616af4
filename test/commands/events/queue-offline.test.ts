import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { sharedState } from '../../support/state-repository.js';

const MANIFEST = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../oclif.manifest.json'), 'utf8'),
) as {
  commands: Record<string, { flags: Record<string, unknown>; hidden?: boolean }>;
};

const LEGACY = 'deployment_id: dep-a\nlast_updated: "2025-12-04T01:00:00Z"\nstatus: up\n';

/** A folder of the deployment scripts. */
function legacyFolder(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state/deployment-state.yaml'), LEGACY);
  return folder;
}

/** By command, lines of it that write; a command with --queue that is not here fails the test. */
const LINES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  backfill: [['backfill']],
  compact: [['compact', '--before', '2020-01-01']],
  edit: [['edit']],
  identify: [['identify', 'default', '--yes']],
  import: [
    ['import', legacyFolder()],
    ['import', legacyFolder(), '--dry-run'],
  ],
  init: [['init']],
  mirror: [['mirror', legacyFolder()]],
  phase: [['phase', 'start', 'create_vms'], ['phase']],
  'push-event': [
    ['push-event', 'noted', '--cluster', 'prod'],
    ['push-event', 'noted', '--deployment', 'dep-a', '--lock', 'net'],
  ],
  rollback: [['rollback', '--to', 'HEAD']],
  run: [['run', 'noted', '--cluster', 'prod', '--', 'true']],
  secrets: [
    ['secrets', 'recipients', 'add', 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
  ],
  set: [
    ['set', 'deployment.phase=z'],
    ['set', 'deployment.phase=y', '--if', 'deployment.count=3'],
  ],
  'shell-server': [],
  unset: [['unset', 'deployment.count']],
  verify: [['verify', '--fix', '--yes']],
};
/** What may end with another code: it needs a cluster, a change, a lease at the remote, or tells what is not published yet. */
const MAY_FAIL = new Set(['backfill', 'identify', 'init', 'edit', 'push-event --lock', 'verify']);

const rows = Object.entries(LINES).flatMap(([name, lines]) => lines.map((line) => [name, line] as const));

let server: Server;
let address = '';
let requests = 0;
beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/state.git`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const withQueue = (line: readonly string[]) => {
  const at = line.indexOf('--');
  return at < 0 ? [...line, '--queue'] : [...line.slice(0, at), '--queue', ...line.slice(at)];
};

/** An ssh that notes each call and reaches nobody. */
function notingSsh(): { env: Record<string, string>; calls: () => string } {
  const folder = temporaryFolder();
  const [program, log] = [join(folder, 'ssh'), join(folder, 'calls')];
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${log}\nexit 255\n`, { mode: 0o755 });
  return { env: { GIT_SSH: program }, calls: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

describe('--queue', () => {
  it('is tried of every command that has it', () => {
    const known = Object.entries(MANIFEST.commands).flatMap(([name, { flags }]) =>
      flags['queue'] ? name : [],
    );
    expect(Object.keys(LINES).sort()).toEqual(known.sort());
  });

  it.each(rows)('uses no network in kgit %s: %j', async (name, line) => {
    for (const isSsh of [true, false]) {
      const path = cloneOf(sharedState());
      const ssh = notingSsh();
      git(path, 'remote', 'set-url', 'origin', isSsh ? 'ssh://git@queue.invalid/state.git' : address);
      const before = requests;
      const run = await kgit(path, withQueue(line), {
        env: { ...ssh.env, EDITOR: 'true', KGIT_TIMEOUT: '5' },
      });
      expect([run.stderr, ssh.calls(), requests - before]).toEqual([run.stderr, '', 0]);
      const isLock = line.includes('--lock');
      if (!MAY_FAIL.has(isLock ? `${name} --lock` : name))
        expect([run.code, run.stderr]).toEqual([0, run.stderr]);
    }
  });

  it('is kept by URL, too, without the network, once a copy of it is here; else 16 says what to do', async () => {
    const remote = sharedState();
    const cache = temporaryFolder();
    const env = { XDG_CACHE_HOME: cache, XDG_STATE_HOME: temporaryFolder() };
    const url = `file://${remote}`;
    const none = await kgit(
      cache,
      ['push-event', 'noted', '--cluster', 'prod', '--queue', '--repo', url, '--json'],
      { env },
    );
    expect(none.code).toBe(16);
    expect(none.json.error.suggestions.join()).toContain('Leave --queue out');
    await kgitJson(cache, ['push-event', 'noted', '--cluster', 'prod', '--repo', url], { env });
    git(remote, 'config', 'core.bare', 'false');
    for (const line of [
      ['push-event', 'noted', '--cluster', 'prod'],
      ['set', 'deployment.phase=z', '--deployment', 'dep-a'],
    ]) {
      const run = await kgit(cache, [...line, '--queue', '--repo', url, '--json'], { env });
      expect([line, run.code, run.stdout]).toEqual([line, 0, run.stdout]);
      expect(run.json.delivery).toBe('queued');
    }
  });
});
