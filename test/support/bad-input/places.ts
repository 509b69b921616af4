import { execFileSync } from 'node:child_process';
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cloneOf, emptyRepository, git, temporaryFolder } from '../git-fixtures.js';
import { kgit } from '../kgit.js';
import { commitFiles, sharedState } from '../state-repository.js';
import {
  FULL_DISKS,
  foreign,
  nameless,
  noGit,
  oldGit,
  readOnly,
  readOnlyClone,
  unhoused,
  unreadable,
} from './machines.js';
import { NOBODY, type Place, plainRepository } from './place.js';
import { SERVERS } from './servers.js';
import { INPUTS, MARKERS, RC_FILES, STATES } from './texts.js';
import { TREES, treeRepository } from './trees.js';

function made<T>(table: Readonly<Record<string, () => T>>, name: string): T {
  const make = table[name];
  if (!make) throw new Error(`the table has no ${name}`);
  return make();
}

function withFile(name: string, text: string | Buffer): string {
  const path = plainRepository();
  writeFileSync(join(path, name), text);
  commitFiles(path, {});
  return path;
}

function withInput(name: string): Place {
  const input = made(INPUTS, name);
  const path = plainRepository();
  writeFileSync(join(path, name), input);
  return { path, input };
}

/** A repository below the user's own file of settings. */
function withRc(name: string): Place {
  const path = join(temporaryFolder('kgit-bad-'), 'state');
  renameSync(plainRepository(), path);
  return rcAt(join(path, '../.kgitrc.yaml'), name, path);
}

/** A repository that holds a file of settings itself, as a commit can bring it. */
function withCommittedRc(name: string): Place {
  const path = plainRepository();
  return rcAt(join(path, '.kgitrc.yaml'), name, path);
}

function rcAt(file: string, name: string, path: string): Place {
  if (name === 'named') writeFileSync(join(path, 'named.yaml'), 'state_management: {backend: s3}\n');
  else if (name === 'link') {
    writeFileSync(join(file, '../elsewhere.yaml'), made(RC_FILES, name));
    symlinkSync('elsewhere.yaml', file);
  } else writeFileSync(file, made(RC_FILES, name));
  if (name === 'foreign') chownSync(file, NOBODY, NOBODY);
  return { path };
}

async function withRemote(name: string): Promise<Place> {
  const { url, stop } = await made(SERVERS, name);
  const path = cloneOf(sharedState());
  git(path, 'remote', 'set-url', 'origin', url);
  return { path, url, end: stop };
}

/** What the configuration of a copied repository may have planted. */
const PLANTED: Readonly<Record<string, (path: string) => string[]>> = {
  ext: () => ['remote.origin.url', 'ext::sh -c touch% pwned'],
  fd: () => ['remote.origin.url', 'fd::17/x'],
  option: () => ['remote.origin.url', '--upload-pack=touch pwned'],
  name: () => ['remote.--upload-pack=touch pwned.url', '/nowhere'],
  program: (path) => ['remote.origin.uploadpack', `touch ${path}/pwned; git-upload-pack`],
  rewriting: () => ['url.ext::sh -c touch% pwned .insteadOf', '/'],
};

function withPlanted(name: string): Place {
  const path = cloneOf(sharedState());
  if (name === 'name') git(path, 'remote', 'remove', 'origin');
  const plant = PLANTED[name];
  if (!plant) throw new Error(`nothing is planted as ${name}`);
  git(path, 'config', ...plant(path));
  if (name === 'program')
    git(path, 'config', 'remote.origin.receivepack', `touch ${path}/pwned; git-receive-pack`);
  if (name === 'ext' || name === 'rewriting') git(path, 'config', 'protocol.ext.allow', 'always');
  return { path };
}

/** The same repository at another address. */
function mirrorOf(path: string): string {
  const mirror = temporaryFolder('kgit-mirror-');
  git(path, 'clone', '--quiet', '--mirror', git(path, 'remote', 'get-url', 'origin'), mirror);
  return mirror;
}

async function withOutbox(name: string): Promise<Place> {
  const path = cloneOf(sharedState());
  await kgit(path, ['push-event', 'x', '--cluster', 'prod', '--queue']);
  const folder = join(path, '.git/kgit/outbox');
  const [entry = ''] = readdirSync(folder);
  const file = join(folder, entry);
  const text = readFileSync(file, 'utf8');
  if (name === 'half') truncateSync(file, Math.floor(text.length / 2));
  if (name === 'version') writeFileSync(file, text.replace('"version":1', '"version":9'));
  if (name === 'folder') {
    execFileSync('rm', [file]);
    mkdirSync(file);
  }
  if (name === 'target') git(path, 'remote', 'set-url', 'origin', mirrorOf(path));
  return { path };
}

function unmarked(): Place {
  const path = emptyRepository();
  commitFiles(path, { README: 'no state\n' });
  return { path };
}

function sha256(): Place {
  const path = temporaryFolder('kgit-sha256-');
  git(path, 'init', '--quiet', '--object-format=sha256');
  return { path };
}

function legacy(): Place {
  const path = plainRepository();
  const text =
    'cluster_name: prod\nevents:\n  - timestamp: "2025-07-11T14:30:00Z"\n    action: cluster_created\n';
  mkdirSync(join(path, 'legacy'));
  writeFileSync(join(path, 'legacy/cluster-prod-events.yaml'), text);
  return { path };
}

const SET_UPS: Readonly<Record<string, (name: string) => Place | Promise<Place>>> = {
  env: (assignment) => {
    const [variable = '', value = ''] = assignment.split('=');
    return { path: plainRepository(), env: { [variable]: value } };
  },
  state: (name) => ({ path: withFile('deployments/dep-a/state.yaml', made(STATES, name)) }),
  marker: (name) => ({ path: withFile('kgit.yaml', made(MARKERS, name)) }),
  stdin: withInput,
  tree: (name) => ({ path: treeRepository(made(TREES, name)) }),
  rc: withRc,
  'committed-rc': withCommittedRc,
  planted: withPlanted,
  remote: withRemote,
  full: (name) => made(FULL_DISKS, name),
  outbox: withOutbox,
  legacy,
  empty: () => ({ path: temporaryFolder('kgit-empty-') }),
  unborn: () => ({ path: emptyRepository() }),
  unmarked,
  sha256,
  'no-git': noGit,
  'old-git': oldGit,
  nameless,
  unhoused,
  foreign,
  'read-only': readOnly,
  'read-only-clone': readOnlyClone,
  unreadable,
};

/** Prepares the place of a row: `[keyword name]`; a plain repository where there is none. */
export async function preparePlace([keyword, name = '']: readonly string[]): Promise<Place> {
  if (keyword === undefined) return { path: plainRepository() };
  const setUp = SET_UPS[keyword];
  if (!setUp) throw new Error(`there is no set-up ${keyword}`);
  return setUp(name);
}
