import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { bareRepository, cloneOf, emptyRepository, git, temporaryFolder } from './git-fixtures.js';
import { type KgitRun, kgitJson } from './kgit.js';

/** The least that makes a repository a state repository. */
export const MARKER =
  'apiVersion: kgit/v1\nkind: StateRepository\nmanagements:\n  default: {}\nsettings: {}\n';
/** State of the deployment that fixtures begin with. */
export const STATE =
  '# kept by the team\ndeployment:\n  deployment_id: dep-a # do not change\n  phase: setup_network\n  count: 3\n';

type Files = Readonly<Record<string, string>>;

/** Writes and commits files as a user would; `committed` is the date of the commit where it matters. */
export function commitFiles(path: string, files: Files, committed?: string): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  git(path, 'add', '--all');
  if (committed) process.env['GIT_COMMITTER_DATE'] = committed;
  git(path, 'commit', '--quiet', '--allow-empty', '-m', 'fixture');
  delete process.env['GIT_COMMITTER_DATE'];
}

/** A purely local state repository with the deployment dep-a. */
export function stateRepository(files: Files = {}): string {
  const path = emptyRepository();
  commitFiles(path, { 'kgit.yaml': MARKER, 'deployments/dep-a/state.yaml': STATE, ...files });
  return path;
}

/** A purely local state repository that holds nothing yet. */
export function emptyState(): string {
  const path = emptyRepository();
  commitFiles(path, { 'kgit.yaml': MARKER });
  return path;
}

let initialised: Promise<string> | undefined;

async function initialise(): Promise<string> {
  const path = temporaryFolder();
  await kgitJson('.', ['init', path]);
  return path;
}

/** A purely local state repository as `kgit init` makes it: a copy of the first one. */
export async function initialisedState(): Promise<string> {
  initialised ??= initialise();
  const path = temporaryFolder();
  cpSync(await initialised, path, { recursive: true });
  // The index knows the files that were copied by other inodes.
  git(path, 'update-index', '--refresh');
  return path;
}

const models = new Map<string, string>();

/** A remote that holds a state repository with the deployment dep-a: a copy of the first one with these files. */
export function sharedState(files: Files = {}): string {
  const key = JSON.stringify(files);
  let model = models.get(key);
  if (model === undefined) {
    model = bareRepository();
    git(stateRepository(files), 'push', '--quiet', model, 'main');
    models.set(key, model);
  }
  const remote = join(temporaryFolder('kgit-remote-'), basename(model));
  cpSync(model, remote, { recursive: true });
  return remote;
}

/** Number of commits of a branch, of the tip of HEAD where none is named. */
export function commits(path: string, branch = 'HEAD'): number {
  return Number(git(path, 'rev-list', '--count', branch));
}

/** A clone whose remote refuses every connection at once. */
export function offlineClone(url = 'http://127.0.0.1:1/state.git'): string {
  const path = cloneOf(sharedState());
  git(path, 'remote', 'set-url', 'origin', url);
  return path;
}

/** Checks the fields that every JSON result of a command has that opened the repository. */
export function expectResult(json: KgitRun['json'], kind: string): void {
  expect(Object.keys(json).slice(0, 3)).toEqual(['apiVersion', 'kind', 'repository']);
  expect(json).toMatchObject({ apiVersion: 'kgit/v1', kind: `${kind}Result` });
  expect(Object.keys(json.repository)).toEqual(['revision', 'fetchedAt', 'pending']);
  expect(json.repository.pending).toBeTypeOf('number');
}

/** Checks the keys of a published write. */
export function expectPublished(json: KgitRun['json']): void {
  expect(json.operation).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  expect(json.revision).toMatch(/^[0-9a-f]{40}$/);
  expect(json.delivery).toBe('published');
  expect(json.attempts).toBeGreaterThanOrEqual(1);
}

/** Checks a failure told as JSON: its shape on stdout, and the exit code. */
export function expectFailure(run: KgitRun, code: string, exitCode: number): KgitRun['json'] {
  expect(run.json).toMatchObject({ apiVersion: 'kgit/v1', kind: 'Error', error: { code, exitCode } });
  expect(Object.keys(run.json.error)).toEqual(['code', 'message', 'exitCode', 'suggestions', 'data']);
  expect(run.code).toBe(exitCode);
  return run.json.error;
}
