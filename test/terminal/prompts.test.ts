import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireKubectl, sample } from '../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import {
  commitFiles,
  commits,
  emptyState,
  sharedState,
  stateRepository,
} from '../support/state-repository.js';
import { onTerminal } from '../support/terminal.js';

/** Where a command asks: how it is called, the question, and how often it has done what it asked about. */
interface Asked {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly question: string;
  readonly done: () => number | Promise<number>;
}

const LEGACY = 'cluster_name: old\nevents:\n  - timestamp: "2025-07-11T14:30:00Z"\n    action: created\n';
let server: ApiServer;

async function anImport(): Promise<Asked> {
  const cwd = emptyState();
  const folder = join(temporaryFolder(), 'state');
  mkdirSync(folder);
  writeFileSync(join(folder, 'cluster-old-events.yaml'), LEGACY);
  return { cwd, args: ['import', folder], question: 'Import this?', done: () => commits(cwd) - 1 };
}

async function aBackfill(): Promise<Asked> {
  const cwd = stateRepository();
  return { cwd, args: ['backfill'], question: 'Record this?', done: () => commits(cwd) - 1 };
}

async function aRewrite(): Promise<Asked> {
  const remote = sharedState();
  const cwd = cloneOf(remote);
  await kgitJson(cwd, ['list', '--fetch']);
  const other = emptyState();
  commitFiles(other, { 'other.txt': 'another history\n' });
  git(other, 'push', '--quiet', '--force', remote, 'main');
  const done = async () => ((await kgit(cwd, ['sync'])).code === 0 ? 1 : 0);
  return { cwd, args: ['sync', '--accept-rewrite'], question: "Continue with the remote's history?", done };
}

async function aRestore(): Promise<Asked> {
  const clone = cloneOf(sharedState());
  const file = join(temporaryFolder(), 'bundle');
  await kgitJson(clone, ['backup', file]);
  const asides = () => readdirSync(dirname(clone)).filter((name) => name.startsWith(`${basename(clone)}.`));
  return {
    ...{ cwd: temporaryFolder(), args: ['restore', file, clone] },
    ...{ question: 'restore the backup in its place?', done: () => asides().length },
  };
}

async function aFix(): Promise<Asked> {
  const cwd = stateRepository();
  const file = 'deployments/dep-a/state.yaml';
  await kgitJson(cwd, ['set', 'deployment.phase=b', '--deployment', 'dep-a']);
  const text = readFileSync(join(cwd, file), 'utf8');
  commitFiles(cwd, { [file]: text.replace('phase: b', 'phase: z') });
  const before = commits(cwd);
  const done = () => commits(cwd) - before;
  return { cwd, args: ['verify', '--fix'], question: 'Bring them back?', done };
}

const PLACES = {
  ...{ import: anImport, backfill: aBackfill, sync: aRewrite, restore: aRestore, verify: aFix },
} as const;
type Name = keyof typeof PLACES;
const NAMES = Object.keys(PLACES) as Name[];

beforeAll(async () => {
  requireKubectl();
  const clusters = [sample('cld-01-azure-healthy.yaml')];
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters });
});
afterAll(() => server.stop());

const environment = () => ({ KUBECONFIG: server.kubeconfig });

function answered({ cwd, args, question }: Asked, input: string) {
  return onTerminal(cwd, args, { input, typesAfter: `${question} [y/N] `, env: environment() });
}

describe('a question', () => {
  it.each(NAMES)('of kgit %s is agreed to by y', async (name) => {
    const asked = await PLACES[name]();
    const { code, screen } = await answered(asked, 'y\n');
    expect({ code, screen }).toMatchObject({ code: 0 });
    expect(await asked.done()).toBe(1);
  });

  it.each(NAMES)('of kgit %s is declined by Enter alone, which changes nothing', async (name) => {
    const asked = await PLACES[name]();
    const { code, screen } = await answered(asked, '\n');
    expect({ code, screen }).toMatchObject({ code: 130 });
    expect(screen).toMatch(/nothing was (imported|recorded|changed|restored)\n$/);
    expect(screen).not.toContain('error');
    expect(await asked.done()).toBe(0);
  });

  it.each(
    NAMES.flatMap((name) => [[name, 'Ctrl-C', '\u0003'] as const, [name, 'Ctrl-D', '\u0004'] as const]),
  )('of kgit %s is ended by %s, without a word', async (name, _key, input) => {
    const asked = await PLACES[name]();
    const { code, screen } = await answered(asked, input);
    expect({ code, screen }).toMatchObject({ code: 130 });
    expect(stripVTControlCharacters(screen)).toMatch(/\[y\/N\] \s*$/);
    expect(await asked.done()).toBe(0);
  });

  it.each(NAMES)('of kgit %s is not asked with --yes', async (name) => {
    const asked = await PLACES[name]();
    const { code, screen } = await onTerminal(asked.cwd, [...asked.args, '--yes'], { env: environment() });
    expect({ code, screen }).toMatchObject({ code: 0 });
    expect(screen).not.toContain('[y/N]');
    expect(await asked.done()).toBe(1);
  });

  it.each(['sync', 'restore', 'verify'] as const)(
    'of kgit %s without a terminal is exit 2, and names --yes',
    async (name) => {
      const asked = await PLACES[name]();
      const { code, stderr } = await kgit(asked.cwd, asked.args, { input: 'y\n' });
      expect({ code, stderr }).toMatchObject({ code: 2 });
      expect(stderr).toContain('There is no terminal to ask on');
      expect(stderr).toContain('--yes');
      expect(await asked.done()).toBe(0);
    },
  );

  it.each(['import', 'backfill'] as const)('is none of a script: kgit %s goes on', async (name) => {
    const asked = await PLACES[name]();
    const { code, stderr } = await kgit(asked.cwd, asked.args, { env: environment() });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await asked.done()).toBe(1);
  });

  it.each([
    ['yes', 0],
    ['Y', 0],
    ['  YES ', 0],
    ['n', 130],
    ['q', 130],
    ['yep', 130],
    ['yn', 130],
    ['0', 130],
  ] as const)('answered with %j ends with %i', async (answer, expected) => {
    const asked = await anImport();
    const { code } = await answered(asked, `${answer}\n`);
    expect(code).toBe(expected);
    expect(await asked.done()).toBe(expected === 0 ? 1 : 0);
  });
});

it('kgit restore asks nothing where there is no clone, or one that does not work', async () => {
  const { args } = await aRestore();
  const [, file = ''] = args;
  const empty = join(temporaryFolder(), 'new');
  expect((await kgit('.', ['restore', file, empty])).code).toBe(0);
  const broken = temporaryFolder();
  mkdirSync(join(broken, '.git'));
  expect((await kgit('.', ['restore', file, broken])).code).toBe(0);
  expect(existsSync(join(broken, 'kgit.yaml'))).toBe(true);
});
