import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, copyOf, git, type RemoteAndClone } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { commits, expectFailure, expectResult } from '../../support/state-repository.js';

const DEP = ['--deployment', 'dep-a'];
const STATE = 'deployments/dep-a/state.yaml';

interface Finding {
  readonly rule: string;
  readonly path: string | null;
  readonly message: string;
  readonly fix: string | null;
}

let model: RemoteAndClone | undefined;

/** A clone of a remote with a deployment whose state was verified, and then changed once more. */
async function verified(): Promise<string> {
  model ??= await verifyOnce();
  return copyOf(model).path;
}

async function verifyOnce(): Promise<RemoteAndClone> {
  const remote = bareRepository();
  const path = cloneOf(remote);
  await kgitJson(path, ['init', '--deployment', 'dep-a', '--remote', remote]);
  await kgitJson(path, ['set', 'deployment.phase=a', 'kof.version=1.10', ...DEP]);
  await kgitJson(path, ['push-event', 'cluster_created', '--cluster', 'prod']);
  await kgitJson(path, ['verify']);
  await kgitJson(path, ['set', 'deployment.phase=b', 'kof.regions:=[eu, us]', ...DEP]);
  return { remote, path };
}

/** Commits what was done to the files and publishes it, as somebody does who does not know kgit. */
function publish(path: string): void {
  git(path, 'add', '--all');
  git(path, 'commit', '--quiet', '-m', 'by hand');
  git(path, 'push', '--quiet', 'origin', 'main');
}

const eventFile = (path: string, subject: string) => {
  const folder = join(path, subject, 'events');
  const [month = ''] = readdirSync(folder);
  const [name = ''] = readdirSync(join(folder, month)).sort();
  return `${subject}/events/${month}/${name}`;
};
const CLUSTER = 'clusters/default/kcm-system/prod';
const edited = (path: string, file: string, change: (text: string) => string) =>
  writeFileSync(join(path, file), change(readFileSync(join(path, file), 'utf8')));

/** Runs the command that a finding names: what `pattern` finds in its advice, as the shell reads it. */
function follow(path: string, { fix }: Finding, pattern: RegExp): void {
  const command = pattern.exec(fix ?? '')?.[0];
  expect(command, `${fix} has ${pattern}`).toBeTruthy();
  execFileSync('sh', ['-c', command as string], { cwd: path, stdio: 'pipe' });
}

type Row = readonly [
  name: string,
  damage: (path: string) => void | Promise<void>,
  rules: readonly string[],
  mend: (path: string, findings: readonly Finding[]) => void | Promise<void>,
];

const byFix = async (path: string, findings: readonly Finding[]) => {
  for (const { fix } of findings) expect(fix).toContain('kgit verify --fix');
  await kgitJson(path, ['verify', '--fix', '--yes']);
};
const byCommand = (pattern: RegExp) => (path: string, findings: readonly Finding[]) => {
  follow(path, findings[0] as Finding, pattern);
  publish(path);
};
const CHECKOUT = /git checkout [^;)]*?(?=[;)])/;

const ROWS: readonly Row[] = [
  [
    'a value that was edited by hand',
    (path) => edited(path, STATE, (text) => text.replace('phase: b', 'phase: z')),
    ['state-without-event'],
    byFix,
  ],
  [
    'a key that was added by hand, and one that was taken out',
    (path) => edited(path, STATE, (text) => text.replace(/kof:[\s\S]*/, 'own:\n  key: 1\n')),
    ['state-without-event', 'state-without-event'],
    byFix,
  ],
  ['a state.yaml that is no YAML', (path) => edited(path, STATE, (text) => `${text}  : [`), ['yaml'], byFix],
  [
    'a state.yaml with the marks of a merge',
    (path) => edited(path, STATE, (text) => `<<<<<<< a\n${text}=======\n>>>>>>> b\n`),
    ['yaml'],
    byFix,
  ],
  [
    'a state.yaml that was taken out',
    (path) => rmSync(join(path, STATE)),
    ['state-without-event', 'state-without-event'],
    byFix,
  ],
  [
    'an event that was taken out',
    (path) => rmSync(join(path, eventFile(path, CLUSTER))),
    ['event-removed'],
    byCommand(CHECKOUT),
  ],
  [
    'an event that was edited',
    (path) => edited(path, eventFile(path, CLUSTER), (text) => `${text}reason: other\n`),
    ['event-changed'],
    byCommand(CHECKOUT),
  ],
  [
    'an event that was edited into no event',
    (path) => edited(path, eventFile(path, CLUSTER), (text) => text.replace(/^action: .*\n/m, '')),
    ['event-schema', 'event-removed'],
    (path, findings) => {
      follow(path, findings.find(({ rule }) => rule === 'event-removed') as Finding, CHECKOUT);
      publish(path);
    },
  ],
  [
    'an event that never was one, taken away with the word that it was meant',
    (path) => {
      const name = '01JZXK5B7Q3M8N2V4C6D9F0G1H-noted.yaml';
      mkdirSync(join(path, CLUSTER, 'events/2025-07'), { recursive: true });
      writeFileSync(
        join(path, CLUSTER, 'events/2025-07', name),
        'id: 01JZXK5B7Q3M8N2V4C6D9F0G1H\ntimestamp: "2025-07-11T20:34:51.767Z"\naction: noted\noutcome: bad\n',
      );
    },
    ['event-schema'],
    (path, findings) => {
      follow(path, findings[0] as Finding, /git rm -- [^)]*/);
      publish(path);
      const commit = git(path, 'rev-parse', 'HEAD');
      git(path, 'commit', '--quiet', '--allow-empty', '-m', 'meant', '-m', `Kgit-Accepts-Removal: ${commit}`);
      git(path, 'push', '--quiet', 'origin', 'main');
    },
  ],
  [
    'a kgit.yaml that is missing',
    (path) => rmSync(join(path, 'kgit.yaml')),
    ['marker'],
    async (path, [finding]) => {
      expect(finding?.fix).toBe('kgit init');
      await kgitJson(path, ['init']);
    },
  ],
  [
    'a kgit.yaml that is no YAML',
    (path) => writeFileSync(join(path, 'kgit.yaml'), 'a: [\n'),
    ['yaml'],
    (path, [finding]) => {
      expect(finding?.fix).toBe('Correct it in a clone, commit it, and push it');
      git(path, 'checkout', 'HEAD~1', '--', 'kgit.yaml');
      publish(path);
    },
  ],
  [
    'an executable state.yaml',
    (path) => chmodSync(join(path, STATE), 0o755),
    ['file-kind'],
    (path, findings) => {
      follow(path, findings[0] as Finding, /git update-index [^,]*/);
      git(path, 'commit', '--quiet', '-m', 'mended');
      git(path, 'push', '--quiet', 'origin', 'main');
    },
  ],
  [
    'a file that does not belong there',
    (path) => writeFileSync(join(path, 'deployments/dep-a/events/notes of ada.txt'), 'x\n'),
    ['file-place'],
    byCommand(/git rm -- [^)]*/),
  ],
  [
    'a symbolic link',
    (path) => symlinkSync('/etc/passwd', join(path, 'deployments/dep-a/events/link')),
    ['file-kind'],
    (path, findings) => {
      follow(path, findings[0] as Finding, /git rm --cached -- [^)]*/);
      rmSync(join(path, 'deployments/dep-a/events/link'));
      publish(path);
    },
  ],
];

describe('what kgit verify says to do', () => {
  it.each(ROWS)('mends %s, and no published value is lost', async (_name, damage, rules, mend) => {
    const path = await verified();
    const published = (await kgitJson(path, ['get', ...DEP])).value;
    expect(published).toMatchObject({
      deployment: { phase: 'b' },
      kof: { version: '1.10', regions: ['eu', 'us'] },
    });
    await damage(path);
    publish(path);
    const run = await kgit(path, ['verify', '--json', '--fetch']);
    expect(run.code).toBe(3);
    const findings = run.json.findings as Finding[];
    expect(findings.map(({ rule }) => rule)).toEqual(rules);
    expect(new Set(findings.map((one) => JSON.stringify(one))).size).toBe(rules.length);
    for (const { fix } of findings) expect(fix).not.toBeNull();
    await mend(path, findings);
    const again = await kgit(path, ['verify', '--json', '--fetch']);
    expect(again.json.findings.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual(
      [],
    );
    expect(again.code).toBe(0);
    const { value } = await kgitJson(path, ['get', ...DEP]);
    expect(value).toEqual(published);
    expect((await kgitJson(path, ['log', 'cluster/prod'])).events).toHaveLength(1);
  });
});

describe('kgit verify --fix', () => {
  it('is one operation with an event that keeps what stood there, and the change can be made again', async () => {
    const path = await verified();
    edited(path, STATE, (text) => text.replace('phase: b', 'phase: z'));
    publish(path);
    const before = commits(path);
    const json = await kgitJson(path, ['verify', '--fix', '--yes', '--reason', 'by hand']);
    expectResult(json, 'Verify');
    expect(json).toMatchObject({ total: 0, fixed: [{ subject: 'deployment/dep-a', delivery: 'published' }] });
    expect(commits(path)).toBe(before + 1);
    const { events } = await kgitJson(path, ['log', 'deployment/dep-a', '--limit', '1']);
    expect(events[0]).toMatchObject({
      action: 'state_restored',
      reason: 'by hand',
      changes: [{ path: 'deployment.phase', before: 'z', after: 'b' }],
    });
    await kgitJson(path, ['set', 'deployment.phase=z', ...DEP]);
    expect((await kgitJson(path, ['verify'])).total).toBe(0);
    expect(await kgitJson(path, ['verify', '--fix'])).toMatchObject({ total: 0, fixed: [] });
  });

  it('shows the differences, and writes nothing where nobody can be asked (2) or with --dry-run', async () => {
    const path = await verified();
    edited(path, STATE, (text) => text.replace('phase: b', 'phase: z'));
    publish(path);
    const before = commits(path);
    const asked = await kgit(path, ['verify', '--fix', '--json']);
    expect(expectFailure(asked, 'USAGE', 2).suggestions.join()).toContain('--yes');
    expect(asked.stderr).toContain('deployment.phase: "z" -> "b"');
    const dry = await kgit(path, ['verify', '--fix', '--dry-run', '--json']);
    expect(dry.json.fixed).toMatchObject([{ delivery: 'dry-run' }]);
    expect(dry.code).toBe(3);
    expect(commits(path)).toBe(before);
  });
});
