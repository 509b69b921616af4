import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, kgitProcess } from '../../support/kgit.js';
import { sharedState } from '../../support/state-repository.js';

/** Where kgit keeps files of its own on one machine: in a clone, and in the folders of the XDG base directories. */
const ROOTS = ['clone/.git/kgit', 'state/kgit', 'cache/kgit'] as const;

/** A file's path with what differs from run to run left out. */
function pattern(path: string): string {
  return path
    .replace(/(published\/).*/, '$1ENTRY')
    .replace(/\d{12}-[0-9A-HJKMNP-TV-Z]{26}/g, 'ENTRY')
    .replace(/[0-9A-HJKMNP-TV-Z]{26}/g, 'ULID')
    .replace(/[0-9a-f]{64}/g, 'HASH')
    .replace(/(ref-locks|cache\/kgit\/code)\/.+/, '$1/NAME')
    .replace(/repository-[0-9a-f]+|state-[0-9a-f]{16}/g, 'REPOSITORY')
    .replace(/scripts\/[0-9a-f]{32}/, 'scripts/HASH');
}

/**
 * Every file that kgit keeps, by its pattern, with its text where no command leaves it behind: a lock is there while a
 * process works, a journal until it is done. A file that is not here fails the test.
 */
const FILES: Readonly<Record<string, string | null>> = {
  'clone/.git/kgit/checkout.json':
    '{"checkouts":[],"from":null,"to":"0000000000000000000000000000000000000000"}',
  'clone/.git/kgit/publish.lock': '{"hostname":"x","bootId":null,"pid":1,"processStart":null,"nonce":"1"}',
  'clone/.git/kgit/publisher.lock': '{"hostname":"x","bootId":null,"pid":1,"processStart":null,"nonce":"1"}',
  'clone/.git/kgit/fetched-at': null,
  'clone/.git/kgit/pushes': null,
  'clone/.git/kgit/verified': '0000000000000000000000000000000000000000 x\n',
  'clone/.git/kgit/rewrites': '{"version":1,"untold":[]}',
  'clone/.git/kgit/packs-joined': '',
  'clone/.git/kgit/locks-not-rewound': 'x',
  'clone/.git/kgit/script-calls/0123456789abcdef.json': '{"folder":"/nowhere","paths":[]}',
  'clone/.git/kgit/outbox/ENTRY': null,
  'clone/.git/kgit/published/ENTRY': null,
  'clone/.git/kgit/troubles/ULID': null,
  'clone/.git/kgit/results/ULID': null,
  'clone/.git/kgit/leases/net': null,
  'clone/.git/kgit/locks-seen/net': null,
  'clone/.git/kgit/lock-tokens/net.1': null,
  'clone/.git/kgit/ref-locks.lock': '{"hostname":"x","bootId":null,"pid":1,"processStart":null,"nonce":"1"}',
  'clone/.git/kgit/ref-locks/1234': '{"pid":1234,"locks":[]}',
  'clone/.git/kgit/imports/HASH.jsonl': null,
  'clone/.git/kgit/withheld/HASH.jsonl': null,
  'cache/kgit/code/NAME': null,
  'cache/kgit/git-checked': null,
};

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() && !entry.name.endsWith('.git') ? filesBelow(path) : [path];
  });
}

let home = '';
let tip = '';
beforeAll(async () => {
  home = temporaryFolder();
  const remote = join(home, 'remote.git');
  git(home, 'clone', '--quiet', '--bare', sharedState(), remote);
  const path = join(home, 'clone');
  git(home, 'clone', '--quiet', remote, path);
  const env = environment(home);
  const run = (...args: string[]) => kgitJson(path, args, { env });
  await run('push-event', 'noted', '--cluster', 'prod');
  await run('set', 'deployment.phase=z');
  await run('lock', 'net', '--ttl', '1h');
  await run('locks');
  // A process of its own keeps its compiled code.
  await kgitProcess(path, ['verify'], { env });
  const folder = join(home, 'legacy');
  mkdirSync(join(folder, 'state'), { recursive: true });
  writeFileSync(
    join(folder, 'state/deployment-state.yaml'),
    'deployment_id: dep-b\nlast_updated: "2025-12-04T01:00:00Z"\nazure_client_secret: "Zx8Q~aPq3LmN9rTsUvWxYz0123456789AbCdEfGh"\n',
  );
  await run('import', folder);
  await run('push-event', 'waits', '--cluster', 'prod', '--queue');
  git(path, 'remote', 'set-url', '--push', 'origin', 'http://127.0.0.1:1/state.git');
  await kgit(path, ['sync'], { env });
  git(path, 'remote', 'set-url', '--push', '--delete', 'origin', '.*');
  tip = git(remote, 'rev-parse', 'main');
});

function environment(folder: string): Record<string, string> {
  return { XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache'), HOME: folder };
}

const DAMAGES: Readonly<Record<string, (file: string) => void>> = {
  'is empty': (file) => writeFileSync(file, ''),
  'is cut off': (file) => writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2)),
  'is garbage': (file) => writeFileSync(file, Buffer.from([0, 255, 254, 10, 123, 34, 0, 200, 10, 32, 10])),
  'is another JSON': (file) => writeFileSync(file, '[null, {"a": 1}]\n'),
  'is a folder': (file) => {
    rmSync(file);
    mkdirSync(join(file, 'inside'), { recursive: true });
  },
};
const FOLDERS = [
  ...['outbox', 'published', 'troubles', 'results', 'leases', 'locks-seen', 'lock-tokens', 'ref-locks'],
  ...['imports', 'withheld', 'script-calls'],
];
const COMMANDS = [
  ['status', '--offline'],
  ['get', 'deployment.phase'],
  ['push-event', 'after', '--cluster', 'prod'],
  ['set', 'deployment.phase=y', '--lock', 'net'],
  ['outbox'],
  ['doctor'],
  ['sync'],
];

/** A copy of the home, in which these files are damaged. */
function damagedHome(names: readonly string[], damage: (file: string) => void): string {
  const copy = temporaryFolder();
  cpSync(home, copy, { recursive: true });
  git(join(home, 'remote.git'), 'update-ref', 'refs/heads/main', tip);
  const there = ROOTS.flatMap((root) => filesBelow(join(copy, root)));
  for (const name of names) {
    const path = there.find((each) => pattern(relative(copy, each)) === name) ?? join(copy, name);
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) writeFileSync(path, FILES[name] ?? '');
    damage(path);
  }
  return copy;
}

async function expectForgiven(
  copy: string,
  name: string,
  commands: readonly (readonly string[])[],
  actions = ['after', 'waits'],
): Promise<string> {
  const path = join(copy, 'clone');
  const env = environment(copy);
  let notes = '';
  for (const command of commands) {
    const run = await kgit(path, command, { env });
    const told = `${name}: kgit ${command.join(' ')} ended with ${run.code}: ${run.stderr}${run.stdout}`;
    expect(run.code, told).not.toBe(1);
    expect(run.stderr, told).not.toContain('INTERNAL');
    notes += run.stderr;
  }
  const { events } = await kgitJson(path, ['log', 'cluster/prod'], { env });
  expect(
    events.map(({ action }: { action: string }) => action),
    name,
  ).toEqual(expect.arrayContaining(actions));
  return notes;
}

const OUTBOX = 'clone/.git/kgit/outbox/ENTRY';
const WITHOUT_OUTBOX = Object.keys(FILES).filter((name) => name !== OUTBOX);
/** Those of git's driver and of the start; `test/store/local/damaged-files.test.ts` damages the others one by one. */
const OF_GIT = WITHOUT_OUTBOX.filter((name) =>
  /checkout|fetched-at|packs|rewound|ref-locks|^cache/.test(name),
);
const PUBLISH = [['push-event', 'after', '--cluster', 'prod'], ['sync']];

describe('a file of kgit on this machine', () => {
  it('is known to this test, whichever it is', () => {
    const there = ROOTS.flatMap((root) => filesBelow(join(home, root))).map((path) =>
      pattern(relative(home, path)),
    );
    expect(there.filter((name) => !Object.hasOwn(FILES, name))).toEqual([]);
    const left = Object.entries(FILES).flatMap(([name, text]) => (text === null ? [name] : []));
    expect(left.filter((name) => !there.includes(name))).toEqual([]);
  });

  it.each(Object.keys(DAMAGES))('%s, as all of them are: nothing acknowledged is lost', async (what) => {
    const copy = damagedHome(WITHOUT_OUTBOX, DAMAGES[what] as (file: string) => void);
    await expectForgiven(copy, what, COMMANDS);
  });

  it.each(OF_GIT)('is forgiven where it alone is damaged: %s', async (name) => {
    for (const what of ['is another JSON', 'is a folder'])
      await expectForgiven(
        damagedHome([name], DAMAGES[what] as (file: string) => void),
        `${name} ${what}`,
        PUBLISH,
      );
  });

  it('is named and kept, and doctor finds it', async () => {
    const name = 'clone/.git/kgit/publish.lock';
    const copy = damagedHome([name], (file) => writeFileSync(file, '[1'));
    const env = environment(copy);
    const run = await kgit(join(copy, 'clone'), ['push-event', 'after', '--cluster', 'prod'], { env });
    expect(run.stderr).toMatch(
      /publish\.lock: it is damaged; kgit continues without it, and keeps it as .*damaged\//,
    );
    const { checks } = (await kgit(join(copy, 'clone'), ['doctor', '--json'], { env })).json;
    const check = checks.find(({ name: each }: { name: string }) => each === 'local-files');
    expect(check).toMatchObject({ ok: false, fix: expect.stringContaining('rm -r ') });
    rmSync(join(copy, 'clone/.git/kgit/damaged'), { recursive: true });
    const again = (await kgit(join(copy, 'clone'), ['doctor', '--json'], { env })).json.checks;
    expect(again.find(({ name: each }: { name: string }) => each === 'local-files').ok).toBe(true);
  });

  it('that waits in the outbox is named by the outbox, and keeps no other from being published', async () => {
    for (const [what, damage] of Object.entries(DAMAGES)) {
      const notes = await expectForgiven(damagedHome([OUTBOX], damage), what, PUBLISH, ['after']);
      expect(notes).toContain('cannot be read');
    }
  });

  it('that stands where a folder must is forgiven', async () => {
    const asFile = (folder: string) => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, 'x');
    };
    const folders = FOLDERS.filter((name) => name !== 'outbox').map((name) => `clone/.git/kgit/${name}`);
    await expectForgiven(damagedHome(folders, asFile), 'folders', COMMANDS);
    await expectForgiven(damagedHome(['clone/.git/kgit/outbox'], asFile), 'outbox', PUBLISH, ['after']);
  });
});
