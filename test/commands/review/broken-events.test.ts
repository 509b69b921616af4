import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { commitFiles, stateRepository } from '../../support/state-repository.js';

const MONTH = '2025-07';
const IDS = [
  '01JZXK5B7Q3M8N2V4C6D9F0G1A',
  '01JZXK5B7Q3M8N2V4C6D9F0G1B',
  '01JZXK5B7Q3M8N2V4C6D9F0G1C',
] as const;
const FOLDERS = ['deployments/dep-a/events', 'clusters/default/kcm-system/azure-prod-weu/events'];

const text = (id: string, more = '') =>
  `id: ${id}\ntimestamp: "2025-07-11T14:30:00Z"\naction: noted\nuser: ada\n${more}`;
const pathOf = (folder: string, id: string) => `${folder}/${MONTH}/${id}-noted.yaml`;

/** What may stand where an event is expected, by what is wrong with it, and what is said of it. */
const BROKEN: Readonly<Record<string, readonly [content: string | Buffer | null, said: RegExp]>> = {
  'broken YAML': ['id: [\n', /2:1: Flow sequence/],
  nothing: ['', /an event is a mapping/],
  'a broken schema': [
    text(IDS[1]).replace('action: noted', 'action: Not Good'),
    /action is not an action word/,
  ],
  'a field of another kind': [text(IDS[1], 'parameters: 3\n'), /parameters is not a mapping/],
  'the id of another event': [text(IDS[2]), /it holds the event of 01JZXK5B7Q3M8N2V4C6D9F0G1C-noted.yaml/],
  'bytes that are no text': [Buffer.from('id: \xe9\n', 'latin1'), /UTF-8/],
  'a number that is not kept': [text(IDS[1], 'n: 9007199254740993\n'), /5:4: the number 9007199254740993/],
  'a file that is too large': [
    text(IDS[1], `notes: "${'x'.repeat(9 * 1024 * 1024)}"\n`),
    /larger than 8 MiB/,
  ],
  'a symbolic link': [null, /regular file|symbolic link/],
};

/** A repository whose deployment and cluster have three events each, the second one broken. */
function withBroken(kind: string, which = 1): string {
  const path = stateRepository();
  for (const folder of FOLDERS) {
    const files = IDS.map((id, i) => [pathOf(folder, id), text(id, i === 0 ? CHANGE : '')] as const);
    commitFiles(path, Object.fromEntries(files.filter((_file, i) => i !== which)));
    const file = join(path, pathOf(folder, IDS[which] as string));
    const [content] = BROKEN[kind] as readonly [string | Buffer | null, RegExp];
    mkdirSync(dirname(file), { recursive: true });
    if (content === null) symlinkSync('/etc/passwd', file);
    else writeFileSync(file, content);
  }
  commitFiles(path, {});
  return path;
}
const CHANGE = 'changes:\n  - path: deployment.phase\n    after: setup_network\n';

const skippedOf = ({ json }: KgitRun) => json.skipped as { path: string; message: string }[];

/** The commands that show events, and what the answer of each still holds. */
const COMMANDS: readonly (readonly [words: readonly string[], holds: (json: KgitRun['json']) => unknown])[] =
  [
    [['log'], ({ events }) => expect(events).toHaveLength(4)],
    [['log', 'deployment/dep-a'], ({ events }) => expect(events).toHaveLength(2)],
    [['log', '--user', 'ada'], ({ events }) => expect(events).toHaveLength(4)],
    [['history', 'deployment.phase'], ({ changes }) => expect(changes).toHaveLength(1)],
    [['export', '--to', '.'], ({ files }) => expect(files.length).toBeGreaterThan(0)],
    [['status', '--offline'], ({ clusters }) => expect(clusters[0].lastEvent.id).toBe(IDS[2])],
  ];

describe.each(Object.keys(BROKEN))('%s in the place of an event', (kind) => {
  const [, said] = BROKEN[kind] as readonly [string | Buffer | null, RegExp];

  it('is named by every command that shows events, and the rest is shown: exit 3', async () => {
    const path = withBroken(kind);
    const broken = FOLDERS.map((folder) => pathOf(folder, IDS[1]));
    for (const [words, holds] of COMMANDS) {
      const args = words.map((word) => (word === '.' ? temporaryFolder() : word));
      const run = await kgit(path, [...args, '--json']);
      // What needs no more of an event than its head, or no event that changes nothing, leaves nothing out.
      if (words[0] !== 'log' && words[0] !== 'export' && skippedOf(run) === undefined)
        expect(run.code).toBe(0);
      else {
        expect({ words, code: run.code, stderr: run.stderr }).toMatchObject({ code: 3 });
        for (const item of skippedOf(run)) {
          expect(broken).toContain(item.path);
          expect(item.message).toMatch(said);
        }
        expect(run.stderr).toContain(`left out ${skippedOf(run)[0]?.path}: ${skippedOf(run)[0]?.message}`);
      }
      holds(run.json);
    }
  });

  it('is no reason for list to fail where it is the last one: the one before is shown', async () => {
    const path = withBroken(kind, 2);
    // Here it would be the event itself.
    if (kind === 'the id of another event') return;
    const run = await kgit(path, ['list', '--json']);
    expect(run.code).toBe(3);
    expect(skippedOf(run).map(({ path: at }) => at)).toEqual(
      FOLDERS.map((folder) => pathOf(folder, IDS[2])).sort(),
    );
    for (const item of run.json.items) expect(item.lastEvent.id).toBe(IDS[1]);
    const people = await kgit(path, ['list']);
    expect(people).toMatchObject({ code: 3, stdout: expect.stringContaining('noted') });
    const quiet = await kgit(path, ['list', '--quiet']);
    expect(quiet).toMatchObject({ code: 3, stderr: '', stdout: people.stdout });
  });

  it('is a finding of verify and validate, which look at all else', async () => {
    const path = withBroken(kind);
    for (const command of ['verify', 'validate']) {
      const run = await kgit(path, [command, '--json']);
      expect(run.code).toBe(3);
      const paths = run.json.findings.map((finding: { path: string | null }) => finding.path);
      for (const folder of FOLDERS) expect(paths).toContain(pathOf(folder, IDS[1]));
    }
  });

  it('stops no write of another event', async () => {
    const path = withBroken(kind);
    await kgitJson(path, ['push-event', 'noted', '--deployment', 'dep-a']);
    await kgitJson(path, ['set', 'deployment.phase=create_vms']);
  });
});

describe('a broken event in a sealed month', () => {
  /** The same events sealed, and the text of one of them replaced. */
  async function sealedWith(change: (month: string) => string): Promise<string> {
    const path = stateRepository();
    for (const folder of FOLDERS)
      commitFiles(path, Object.fromEntries(IDS.map((id) => [pathOf(folder, id), text(id)])));
    await kgitJson(path, ['compact', '--before', '2025-08-01']);
    for (const folder of FOLDERS) {
      const file = `${folder}/${MONTH}.yaml`;
      const before = readFileSync(join(path, file), 'utf8');
      expect(change(before)).not.toBe(before);
      commitFiles(path, { [file]: change(before) });
    }
    return path;
  }
  const second = (month: string, from: string, to: string) => {
    const at = month.indexOf(IDS[1]);
    return month.slice(0, at) + month.slice(at).replace(from, to);
  };

  it.each([
    ['an action that is none', (month: string) => second(month, 'action: noted', 'action: Not Good'), 2],
    ['YAML that is broken', (month: string) => second(month, 'user: ada', 'user: [ada'), 2],
    [
      'an action that is none, laid out by a person',
      (month: string) => `# by hand\n${second(month, 'action: noted', 'action: Not Good')}`,
      2,
    ],
    [
      'YAML that is broken, laid out by a person',
      (month: string) => `# by hand\n${second(month, 'user: ada', 'user: [ada')}`,
      0,
    ],
    ['no list', () => 'events: 3\n', 0],
  ])(
    'is named, and its siblings are shown as far as the file can be read: %s',
    async (_name, change, left) => {
      const path = await sealedWith(change);
      const files = FOLDERS.map((folder) => `${folder}/${MONTH}.yaml`);
      for (const words of [['log'], ['log', 'deployment/dep-a'], ['export', '--to', temporaryFolder()]]) {
        const run = await kgit(path, [...words, '--json']);
        expect({ words, code: run.code }).toMatchObject({ code: 3 });
        for (const item of skippedOf(run)) expect(files).toContain(item.path);
        if (words[0] === 'log') expect(run.json.events).toHaveLength(words[1] ? left : left * 2);
      }
      const list = await kgit(path, ['list', '--json']);
      expect(list.code).toBe(skippedOf(list) === undefined ? 0 : 3);
      for (const item of list.json.items) expect(item.lastEvent?.id).toBe(left === 0 ? undefined : IDS[2]);
      const status = await kgit(path, ['status', '--offline', '--json']);
      expect(status.code).toBe(skippedOf(status) === undefined ? 0 : 3);
    },
  );
});

describe('kgit show', () => {
  let server: ApiServer;
  beforeAll(async () => {
    requireKubectl();
    server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
    Object.assign(server.cluster, { clusters: samples(), versions: ['v1beta1'] });
  });
  afterAll(() => server.stop());

  it('shows the page of a cluster without the event that cannot be read', async () => {
    const path = withBroken('broken YAML');
    const env = { KUBECONFIG: server.kubeconfig };
    for (const command of [['show', 'azure-prod-weu'], ['status']]) {
      const run = await kgit(path, [...command, '--json'], { env });
      expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 3 });
      expect(skippedOf(run)[0]?.path).toContain(IDS[1]);
    }
  });
});

describe('kgit outbox', () => {
  it.each([
    ['broken', 'apiVersion: [\n'],
    ['of a newer version', 'apiVersion: kgit/v2\nkind: StateRepository\n'],
  ])('lists and drops where kgit.yaml is %s; retry says what is wrong', async (_name, marker) => {
    const path = stateRepository();
    const { operation } = await kgitJson(path, ['set', '--create-key', 'a=1', '--queue']);
    commitFiles(path, { 'kgit.yaml': marker });
    expect(git(path, 'status', '--porcelain')).toBe('');
    const { operations } = await kgitJson(path, ['outbox']);
    expect(operations).toMatchObject([{ id: operation }]);
    expect((await kgit(path, ['outbox', 'retry', '--json'])).json.error.code).toBe('INVALID_STATE');
    expect(await kgitJson(path, ['outbox', 'drop', operation])).toMatchObject({ operations: [] });
  });
});
