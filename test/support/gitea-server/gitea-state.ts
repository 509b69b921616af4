import { join } from 'node:path';
import { git, temporaryFolder } from '../git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../kgit.js';
import { until } from '../patience.js';
import type { GiteaServer } from './gitea-server.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** A private repository of a user's at a Gitea, laid out with the deployment d1, and a clone of it. */
export interface GiteaState {
  /** `owner/name` */
  readonly path: string;
  readonly url: string;
  /** The bare repository on the server's disk. */
  readonly remote: string;
  readonly clone: string;
  /** Runs kgit in the clone. */
  run(args: readonly string[], more?: Env): Promise<KgitRun>;
  /** Runs kgit in the clone, and expects success; its JSON. */
  json(args: readonly string[], more?: Env): Promise<KgitRun['json']>;
  /** Makes the rules of main other than they were. */
  protect(rules: Readonly<Record<string, unknown>>): Promise<void>;
  /** Presses the merge button of a request, again while Gitea still looks whether it can be merged; the status of the answer. */
  merge(number: number, how?: Readonly<Record<string, unknown>>): Promise<number>;
}

/** What a run of kgit needs to talk with a Gitea. */
export function giteaEnv({ authority }: GiteaServer, token: string | undefined): Env {
  return {
    ...{ GIT_SSL_CAINFO: authority, NODE_EXTRA_CA_CERTS: authority },
    ...{ KGIT_TOKEN: token, KGIT_PROPOSE_FORGE: 'gitea' },
  };
}

let made = 0;

/** Makes a repository that holds nothing. Returns `owner/name`. */
export async function emptyGitea(server: GiteaServer, owner: string): Promise<string> {
  made += 1;
  const name = `state-${made}`;
  await server.call(owner, 'POST', '/user/repos', { name, private: true, default_branch: 'main' });
  return `${owner}/${name}`;
}

/** Makes a state repository of `owner`'s, who writes to it with `token`. */
export async function giteaState(server: GiteaServer, owner: string, token: string): Promise<GiteaState> {
  const path = await emptyGitea(server, owner);
  const clone = join(temporaryFolder('kgit-gitea-clone-'), 'clone');
  const url = server.url(path);
  const env = giteaEnv(server, token);
  await kgitJson('.', ['init', clone, '--remote', url, '--deployment', 'd1'], { env });
  git(clone, 'config', 'user.name', owner);
  git(clone, 'config', 'user.email', `${owner}@example.com`);
  let isProtected = false;
  return {
    ...{ path, url, clone, remote: server.folder(path) },
    run: (args, more) => kgit(clone, [...args, '--json'], { env: { ...env, KGIT_USER: owner, ...more } }),
    json: (args, more) => kgitJson(clone, args, { env: { ...env, KGIT_USER: owner, ...more } }),
    protect: async (rules) => {
      const at = `/repos/${path}/branch_protections`;
      if (isProtected) await server.call(owner, 'PATCH', `${at}/main`, rules);
      else await server.call(owner, 'POST', at, { rule_name: 'main', ...rules });
      isProtected = true;
    },
    merge: async (number, how = { Do: 'squash' }) => {
      const press = () => server.ask(owner, 'POST', `/repos/${path}/pulls/${number}/merge`, how);
      let answer = await press();
      await until(async () => {
        const isLooking = /try again later/i.test(answer.json?.message ?? '');
        if (isLooking) answer = await press();
        return !isLooking;
      });
      return answer.status;
    },
  };
}
