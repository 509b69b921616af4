import fs from 'node:fs';
import git from 'isomorphic-git';
import { simpleGit } from 'simple-git';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';

// isomorphic-git shares no code with the git program: what it reads, any git reads.
describe('a repository that kgit wrote, read by another implementation of git', () => {
  const dir = temporaryFolder('kgit-interop-');
  let event: { id: string; path: string; revision: string };

  beforeAll(async () => {
    await kgitJson(dir, ['init', '.', '--deployment', 'demo', '--user', 'Ada Lovelace']);
    await kgitJson(dir, ['set', 'deployment.note=grün', '--user', 'Ada Lovelace']);
    const args = ['push-event', 'cluster_created', '--cluster', 'prod-eu-1', '--param', 'nodes:=3'];
    event = await kgitJson(dir, [
      ...args,
      '--user',
      'Ada Lovelace',
      '--reason',
      'new region',
      '--run-id',
      'ci-7',
    ]);
  });

  const read = async (filepath: string) => {
    const { blob } = await git.readBlob({ fs, dir, oid: event.revision, filepath });
    return Buffer.from(blob).toString('utf8');
  };

  it('has one commit per operation, with author, title and trailers', async () => {
    const log = await git.log({ fs, dir, ref: 'main' });
    expect(log).toHaveLength(4);
    const [newest] = log;
    expect(newest?.oid).toBe(event.revision);
    expect(newest?.commit.author).toMatchObject({ name: 'Ada Lovelace', timezoneOffset: 0 });
    const subject = 'cluster/default/kcm-system/prod-eu-1';
    expect(newest?.commit.message).toBe(
      `cluster_created: ${subject}\n\nKgit-Op: ${operationIdOf(newest?.commit.message)}\nKgit-Subject: ${subject}\nKgit-Event: ${event.id}\nKgit-Run: ci-7\n`,
    );
    expect(log.map(({ commit }) => commit.parent.length)).toEqual([1, 1, 1, 0]);
  });

  it('holds the event where its result says, and the state', async () => {
    expect(parse(await read(event.path))).toMatchObject({
      id: event.id,
      action: 'cluster_created',
      reason: 'new region',
      parameters: { nodes: 3 },
    });
    expect(parse(await read('deployments/demo/state.yaml')).deployment).toMatchObject({
      deployment_id: 'demo',
      note: 'grün',
    });
    expect(parse(await read('kgit.yaml'))).toMatchObject({ apiVersion: 'kgit/v1', kind: 'StateRepository' });
  });

  it('has a clean checkout', async () => {
    const rows = await git.statusMatrix({ fs, dir });
    expect(rows.filter(([, head, workdir, stage]) => head !== 1 || workdir !== 1 || stage !== 1)).toEqual([]);
  });

  it("serves a team's own tools: simple-git reads the log, commits beside kgit, and loses nothing", async () => {
    const tool = simpleGit(dir, { config: ['user.name=Tool', 'user.email=tool@example.com'] });
    expect((await tool.log()).latest?.message).toBe('cluster_created: cluster/default/kcm-system/prod-eu-1');
    fs.writeFileSync(`${dir}/notes.txt`, 'mine\n');
    await tool.add('notes.txt').commit('my notes');
    await kgitJson(dir, ['push-event', 'touched', '--cluster', 'prod-eu-1']);
    expect((await tool.status()).isClean()).toBe(true);
    expect((await kgitJson(dir, ['log', 'prod-eu-1'])).events).toHaveLength(2);
  });
});

function operationIdOf(message = ''): string {
  return /^Kgit-Op: (\w{26})$/m.exec(message)?.[1] ?? 'none';
}
