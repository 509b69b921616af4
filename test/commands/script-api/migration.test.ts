import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { bareRepository, cloneOf, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { pathWithKgit } from '../../support/kgit-on-path.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { yamlFiles } from '../../support/script-api/yaml-files.js';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../../docs/migration.md'), 'utf8');
const SAMPLE = resolve(import.meta.dirname, 'fixtures/reset-and-again');
const CHECKOUT = 'k0rdent-azure-setup';
const OLD_LINE = 'source etc/state-management.sh';
/** A stand-in for the scripts' own library: it writes the files alone, and knows nothing of kgit. */
const OLD_LIBRARY = `add_event() {
    printf '  - timestamp: "%s"\n    action: %s\n    message: %s\n' "$(date -u +%FT%TZ)" "$1" "$2" >>state/deployment-events.yaml
}
`;

/** The code blocks of a step of the page, in their order. */
function blocks(step: string): string[] {
  const text = PAGE.split(/^## /m).find((section) => section.startsWith(step)) ?? '';
  return [...text.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

interface Machine {
  readonly home: string;
  readonly checkout: string;
  readonly repo: string;
  readonly env: NodeJS.ProcessEnv;
}

function machine(repo: string): Machine {
  const home = temporaryFolder();
  const checkout = join(home, CHECKOUT);
  mkdirSync(join(checkout, 'etc'), { recursive: true });
  writeFileSync(join(checkout, 'etc/state-management.sh'), OLD_LIBRARY);
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = ada\n\temail = ada@example.com\n');
  const env = { ...process.env, PATH: pathWithKgit(), HOME: home };
  return { home, checkout, repo, env };
}

/** Types a block of the page at the repository. */
function type({ repo, env }: Machine, code: string): string {
  return execFileSync('bash', ['-euo', 'pipefail', '-c', code], { cwd: repo, env, encoding: 'utf8' });
}

/** Runs a deployment script that begins with the line that brings its library, and records one event. */
function runScript({ checkout, repo, env }: Machine, line: string, action: string): void {
  const script = `set -euo pipefail\n${line}\nadd_event ${action} it\n`;
  const told = { KGIT_REPO: repo, KGIT_DEPLOYMENT: deployment(checkout) };
  execFileSync('bash', ['-c', script], { cwd: checkout, env: { ...env, ...told }, stdio: 'inherit' });
}

const log = (checkout: string) => parse(readFileSync(join(checkout, 'state/deployment-events.yaml'), 'utf8'));
const deployment = (checkout: string) => String(log(checkout).deployment_id);
const inFile = (checkout: string) =>
  (log(checkout).events as { action: string }[]).map(({ action }) => action);
const OWN = /^step_/;

async function recorded(repo: string, id: string): Promise<string[]> {
  const { events } = await kgitJson(repo, ['log', `deployment/${id}`, '--fetch', '--limit', '1000']);
  return (events as { action: string }[]).map(({ action }) => action).filter((action) => OWN.test(action));
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  process.kill(-(child.pid as number), 'SIGINT');
  await exit;
}

it('every step of the page works, and can be taken back', async () => {
  const remote = bareRepository();
  const repo = temporaryFolder();
  await kgitJson('.', ['init', repo, '--remote', remote]);
  const here = machine(repo);
  const { checkout } = here;
  cpSync(SAMPLE, checkout, { recursive: true });
  const id = deployment(checkout);
  const whole = yamlFiles(checkout);

  const [importing, ...others] = blocks('1.');
  expect(others).toEqual([]);
  type(here, importing as string);
  expect(yamlFiles(checkout)).toEqual(whole);
  await kgitJson(repo, ['get', 'deployment.phase', '--deployment', id]);

  const [mirroring = '', ...more] = blocks('2.');
  expect(more).toEqual([]);
  const mirror = spawn('bash', ['-c', mirroring], {
    cwd: repo,
    env: here.env,
    detached: true,
    stdio: 'ignore',
  });
  try {
    runScript(here, OLD_LINE, 'step_mirrored');
    await vi.waitFor(async () => expect(await recorded(repo, id)).toEqual(['step_mirrored']), {
      timeout: PATIENCE_MS,
      interval: 300,
    });
  } finally {
    await ended(mirror);
  }
  expect(inFile(checkout).filter((action) => OWN.test(action))).toEqual(['step_mirrored']);

  const [line = '', settings = '', ...none] = blocks('3.');
  expect(none).toEqual([]);
  expect(PAGE).toContain(`\`${OLD_LINE}\``);
  runScript(here, line, 'step_kgit');
  // Back: the old library goes on with the same files, and what it writes can be imported.
  runScript(here, OLD_LINE, 'step_back');
  runScript(here, line, 'step_again');
  const own = ['step_mirrored', 'step_kgit', 'step_back', 'step_again'];
  expect(inFile(checkout).filter((action) => OWN.test(action))).toEqual(own);
  await kgitJson(repo, ['sync']);
  type(here, importing as string);
  expect((await recorded(repo, id)).sort()).toEqual([...own].sort());

  const marker = join(repo, 'kgit.yaml');
  const before = readFileSync(marker, 'utf8');
  const day = settings.replace(/\d{4}-\d\d-\d\d/, '2024-01-31');
  const commit = 'git add kgit.yaml && git commit -qm settings && git push -q';
  writeFileSync(marker, `${before.replace(/^settings:.*\n/m, '')}${day}`);
  type(here, commit);
  const checks = async () => {
    const { json } = await kgit(repo, ['doctor', '--json', '--timeout', '5s']);
    return (json.checks as { name: string; ok: boolean }[]).find(({ name }) => name === 'legacy-files')?.ok;
  };
  expect(await checks()).toBe(true);
  runScript(here, OLD_LINE, 'step_late');
  expect(await checks()).toBe(false);
  type(here, importing as string);
  writeFileSync(marker, before);
  type(here, commit);
  expect(await checks()).toBeUndefined();

  const [exporting = '', ...nothing] = blocks('4.');
  expect(nothing).toEqual([]);
  const wanted = yamlFiles(checkout);
  for (const folder of ['state', 'old_deployments'])
    rmSync(join(checkout, folder), { recursive: true, force: true });
  type(here, exporting);
  expect(yamlFiles(checkout)).toEqual(wanted);
  runScript(here, line, 'step_after');
  expect(inFile(checkout).at(-1)).toBe('step_after');

  await kgitJson(repo, ['sync']);
  const there = machine(cloneOf(remote));
  type(there, exporting);
  const without = (files: unknown) =>
    JSON.parse(JSON.stringify(files), (key, value) => (key === 'private_key' ? undefined : value));
  expect(without(yamlFiles(there.checkout))).toEqual(without(yamlFiles(checkout)));
});
