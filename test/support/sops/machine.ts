import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, temporaryFolder } from '../git-fixtures.js';
import { bash } from '../script-api/bash.js';
import { type Member, sopsEnvironment } from './team-keys.js';

/** A machine of somebody: a home and a temporary folder of its own, a clone of the state, and the folder of the scripts. */
export interface Machine {
  /** All that is on the machine, but for the key. */
  readonly root: string;
  readonly repo: string;
  readonly scripts: string;
  readonly env: Record<string, string>;
  /** Runs a script; its secrets come by the standard input. */
  script(text: string, input?: string, under?: readonly string[]): ReturnType<typeof bash>;
}

/** A machine with a clone of a remote. @param member whose key it has */
export function machine(remote: string, member?: Member): Machine {
  const root = temporaryFolder('kgit-machine-');
  const [home, tmp, repo, scripts] = ['home', 'tmp', 'repo', 'scripts'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [home, tmp, scripts]) mkdirSync(folder);
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.com\n');
  git(root, 'clone', '--quiet', remote, repo);
  const env = { ...sopsEnvironment(member), HOME: home, TMPDIR: tmp };
  return {
    ...{ root, repo, scripts, env },
    script: (text, input = '', under = []) => bash(scripts, repo, text, env, { input, under }),
  };
}

/** Whether a file is one of the scripts' own, which hold secrets by right. */
export function isLegacyFile(path: string): boolean {
  return /\/scripts\/(?:.*\/)?(?:state|old_deployments)\/[^\0]*\.yaml$/.test(path);
}
