import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireKubectl, sample } from '../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import { cloneOf, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { sharedState } from '../support/state-repository.js';
import { onTerminal } from '../support/terminal.js';

const CTRL_C = '\u0003';
/** A command that says a word and goes on. It is no shell: dash loses a Ctrl-C that comes while it starts a program. */
const saying = (word: string) => [
  process.execPath,
  '-e',
  `console.log(${JSON.stringify(word)}); setTimeout(() => {}, 600_000)`,
];

describe('Ctrl-C ends what waits', () => {
  let server: ApiServer;
  let clone: string;
  let folder: string;
  beforeAll(async () => {
    requireKubectl();
    const clusters = [sample('cld-23-aws-initial-unknown.yaml')];
    server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters });
    const remote = sharedState();
    const other = cloneOf(remote);
    await kgitJson(other, ['lock', 'taken', '--ttl', '1h']);
    await kgitJson(other, ['push-event', 'begun', '--cluster', 'prod']);
    clone = cloneOf(remote);
    folder = temporaryFolder();
    mkdirSync(join(folder, 'state'));
    const log = 'cluster_name: old\nevents:\n  - timestamp: "2025-07-11T14:30:00Z"\n    action: created\n';
    writeFileSync(join(folder, 'state/cluster-old-events.yaml'), log);
  });
  afterAll(() => server.stop());

  const { namespace, name } = sample('cld-23-aws-initial-unknown.yaml').metadata as Record<string, string>;
  it.each([
    [['log', '-f'], 'begun', 130],
    [['watch'], 'watching', 130],
    [['demo', join(temporaryFolder(), 'demo')], 'Ctrl-C', 130],
    [['serve', '--listen', '127.0.0.1:0'], 'Ctrl-C', 130],
    [['lock', 'taken', '--wait', '10m'], 'waiting for lock', 130],
    [['lock', 'free', '--', ...saying('held')], 'held', 130],
    [['run', 'up', 'prod', '--queue', '--', ...saying('runs')], 'runs', 130],
    [['status', '--watch'], name as string, 130],
    [['wait', `${namespace}/${name}`, '--for', 'ready', '--timeout', '10m'], name as string, 130],
  ])('kgit %j', async (args, after, expected) => {
    const { code, screen } = await onTerminal(clone, args, {
      input: CTRL_C,
      typesAfter: after,
      env: { KUBECONFIG: server.kubeconfig },
    });
    expect({ code, screen }).toMatchObject({ code: expected });
    expect(screen).not.toContain('INTERNAL');
  });
});
