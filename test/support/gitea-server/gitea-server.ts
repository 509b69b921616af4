import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../git-fixtures.js';
import { until } from '../patience.js';
import { serverCertificate } from '../transport/certificates.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const BUILT = join(FOLDER, 'built-1.26.1');
const PASSWORD = 'of-the-test-server-1';

/** What a token may do, in Gitea's words. */
export type TokenScope = 'read:repository' | 'write:repository' | 'read:user' | 'all';

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** A real Gitea: git over https, its hooks, its rules of branches, and its API. */
export interface GiteaServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Path of the certificate that signed the server's. */
  readonly authority: string;
  /** Of all users. */
  readonly password: string;
  /** Where a repository is reached: `owner/name`. */
  url(path: string): string;
  /** The bare repository on the server's disk. */
  folder(path: string): string;
  /** Asks the API as this user, whatever the status of the answer. */
  ask(user: string, method: Method, path: string, body?: unknown): Promise<ApiAnswer>;
  /** Asks the API as this user, and fails where it does not succeed. Returns the JSON of the answer. */
  call(user: string, method: Method, path: string, body?: unknown): Promise<ApiAnswer['json']>;
  /** Makes a user who is no administrator. */
  addUser(name: string): Promise<void>;
  /** Makes a token of a user, of this scope alone. */
  token(user: string, scope: TokenScope): Promise<string>;
  /** Kills the server. The git processes that it started live on. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with all that it has. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The name of the administrator. */
export const ADMIN = 'root-admin';

function built(): void {
  // Tests have a home of their own; what go keeps lies in that of the user.
  const env = { ...process.env, HOME: userInfo().homedir, XDG_CACHE_HOME: undefined };
  try {
    execFileSync('./install.sh', { cwd: FOLDER, env, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (cause) {
    throw new Error('Gitea cannot be built for the long campaign: see above what is missing', { cause });
  }
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Its settings: all that it has is in `folder`, and it listens on the loopback alone. */
function settings(folder: string, port: number): string {
  return `APP_NAME = kgit campaign
RUN_MODE = prod
RUN_USER = ${userInfo().username}
WORK_PATH = ${folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

[server]
PROTOCOL = https
DOMAIN = 127.0.0.1
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = https://127.0.0.1:${port}/
CERT_FILE = ${folder}/cert.pem
KEY_FILE = ${folder}/key.pem
STATIC_ROOT_PATH = ${BUILT}
OFFLINE_MODE = true
DISABLE_SSH = true
LFS_START_SERVER = false

[database]
DB_TYPE = sqlite3
PATH = ${folder}/gitea.db
SQLITE_JOURNAL_MODE = WAL

[repository]
ROOT = ${folder}/repositories
DEFAULT_BRANCH = main

[security]
INSTALL_LOCK = true
SECRET_KEY = of-the-test-server

[service]
DISABLE_REGISTRATION = true

[log]
MODE = file
LEVEL = Warn
ROOT_PATH = ${folder}/log

[indexer]
ISSUE_INDEXER_TYPE = db

[cron]
ENABLED = false

[cron.update_checker]
ENABLED = false

[actions]
ENABLED = false

[session]
PROVIDER = memory
`;
}

/** Starts Gitea with a database and repositories of its own. Builds it first where it is missing. */
export async function startGitea(): Promise<GiteaServer> {
  built();
  const folder = temporaryFolder('kgit-gitea-');
  const { key, cert, authority } = serverCertificate();
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'cert.pem'), cert);
  const port = await freePort();
  const config = join(folder, 'app.ini');
  writeFileSync(config, settings(folder, port));
  mkdirSync(join(folder, 'home'));
  const host = `127.0.0.1:${port}`;
  const program = join(BUILT, 'gitea');
  const env = { PATH: process.env['PATH'], HOME: join(folder, 'home') };
  const ca = readFileSync(authority);

  const ask: GiteaServer['ask'] = (user, method, path, body) =>
    new Promise((resolve, reject) => {
      const call = request(
        `https://${host}/api/v1${path}`,
        {
          ...{ method, ca, agent: false, auth: `${user}:${PASSWORD}` },
          headers: { accept: 'application/json', 'content-type': 'application/json' },
        },
        async (response) => {
          const chunks: Buffer[] = [];
          try {
            for await (const chunk of response) chunks.push(chunk as Buffer);
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status: response.statusCode ?? 0, json: text === '' ? null : JSON.parse(text) });
          } catch (cause) {
            reject(cause);
          }
        },
      );
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const call: GiteaServer['call'] = async (user, method, path, body) => {
    const { status, json } = await ask(user, method, path, body);
    if (status >= 300)
      throw new Error(`Gitea answers ${status} to ${method} ${path}: ${JSON.stringify(json)}`);
    return json;
  };

  let child: ChildProcess | null = null;
  let output = '';
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const closed = new Promise((done) => running.once('exit', done));
    running.kill(signal);
    await closed;
  };
  const start = async () => {
    const started = spawn(program, ['web', '--config', config], {
      ...{ cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString('utf8')).slice(-10_000);
      });
    const isUp = () =>
      ask(ADMIN, 'GET', '/version').then(
        ({ status }) => status > 0,
        () => false,
      );
    await until(
      async () => {
        if (started.exitCode !== null) throw new Error(`Gitea ended (${started.exitCode}): ${output}`);
        return isUp();
      },
      () => output,
      200,
    );
  };
  const administer = (...args: string[]) =>
    execFileSync(program, ['admin', '--config', config, ...args], { cwd: folder, env, encoding: 'utf8' });

  try {
    await start();
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  administer(
    ...['user', 'create', '--admin', '--username', ADMIN, '--password', PASSWORD],
    ...['--email', 'admin@example.com', '--must-change-password=false'],
  );
  let tokens = 0;
  return {
    host,
    authority,
    password: PASSWORD,
    url: (path) => `https://${host}/${path}.git`,
    folder: (path) => join(folder, 'repositories', `${path.toLowerCase()}.git`),
    ask,
    call,
    addUser: async (name) => {
      const user = { username: name, email: `${name}@example.com`, password: PASSWORD };
      await call(ADMIN, 'POST', '/admin/users', { ...user, must_change_password: false });
    },
    token: async (user, scope) => {
      tokens += 1;
      const made = await call(user, 'POST', `/users/${user}/tokens`, { name: `t${tokens}`, scopes: [scope] });
      return made.sha1;
    },
    kill: () => end('SIGKILL'),
    start,
    stop: () => end('SIGTERM'),
  };
}
