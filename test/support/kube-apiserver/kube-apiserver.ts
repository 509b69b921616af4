import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubeconfig } from '../../../src/demo/api-server/kubeconfig.js';
import { temporaryFolder } from '../git-fixtures.js';
import { until } from '../patience.js';
import { serverCertificate } from '../transport/certificates.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const BUILT = join(FOLDER, 'built-1.33.13');
/** Users by their tokens; `admin` may do everything, the others only what `reader` is granted. */
const USERS = ['admin', 'reader', 'team', 'nobody'] as const;

/** A role and its binding, of one namespace or of the whole cluster, as JSON. */
function grantOf(user: string, namespace: string | undefined): string {
  const [scope, place] = namespace === undefined ? ['Cluster', {}] : ['', { namespace }];
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const [metadata, apiGroup] = [{ name: user, ...place }, 'rbac.authorization.k8s.io'];
  const resources = { apiGroups: ['k0rdent.mirantis.com'], resources: ['clusterdeployments'] };
  const rules = [{ ...resources, verbs: ['get', 'list', 'watch'] }];
  const role = { apiVersion, kind: `${scope}Role`, metadata, rules };
  const roleRef = { apiGroup, kind: role.kind, name: user };
  const subjects = [{ apiGroup, kind: 'User', name: user }];
  const binding = { apiVersion, kind: `${role.kind}Binding`, metadata, roleRef, subjects };
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [role, binding] });
}

/** A real API server with its etcd; RBAC, tokens and TLS as in a management cluster. */
export interface KubeApiServer {
  readonly url: string;
  readonly host: string;
  /** Where its etcd answers, which the API server's end does not touch. */
  readonly storeUrl: string;
  /** The authority of its certificate, in PEM. */
  readonly certificate: string;
  /** Path of a kubeconfig with a context for each user, named as their token: `admin`, `reader`, `team`, `nobody`. */
  readonly kubeconfig: string;

  /** Runs kubectl as `admin`; gives what it prints. */
  kubectl(args: readonly string[], input?: string): string;
  /** Lets a user get, list and watch ClusterDeployments: everywhere, or in a namespace. */
  grant(user: string, namespace?: string): void;
  /** Sends a signal to the API server alone. */
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Waits until the API server has ended. */
  ended(): Promise<void>;
  /** Starts the API server again on its port, and waits until it is ready. */
  start(): Promise<void>;
  /** The newest revision of etcd, which is what the API calls a resourceVersion. */
  revision(): Promise<number>;
  /** Compacts etcd up to `revision`. */
  compact(revision: number): Promise<void>;
  stop(): Promise<void>;
}

function built(): void {
  // Tests have a home of their own; what go keeps lies in that of the user.
  const env = { ...process.env, HOME: userInfo().homedir, XDG_CACHE_HOME: undefined };
  try {
    execFileSync('./install.sh', { cwd: FOLDER, env, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (cause) {
    throw new Error('kube-apiserver cannot be built for the long campaign: see above what is missing', {
      cause,
    });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((listening) => server.once('listening', listening))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

const exited = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

/** Starts etcd and an API server on free ports of 127.0.0.1. Builds them first where they are missing. */
export async function startKubeApiServer(): Promise<KubeApiServer> {
  built();
  const folder = temporaryFolder('kgit-kube-apiserver-');
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const { key, cert, authority } = serverCertificate();
  const certificate = readFileSync(authority, 'utf8');
  execFileSync('openssl', ['genrsa', '-out', join(folder, 'account.key'), '2048'], { stdio: 'ignore' });
  const tokens = USERS.map((user) => `${user},${user},${user},"${user === 'admin' ? 'system:masters' : ''}"`);
  const [port = 0, clients = 0, peers = 0] = await freePorts(3);
  const host = `127.0.0.1:${port}`;
  const url = `https://${host}`;
  const etcdUrl = `http://127.0.0.1:${clients}`;
  const env = { PATH: process.env['PATH'], HOME: folder };
  const etcd = spawn(
    join(BUILT, 'etcd'),
    [
      ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      ...['--listen-peer-urls', `http://127.0.0.1:${peers}`],
    ],
    { env, cwd: folder, stdio: 'ignore' },
  );
  const args = [
    ...[`--etcd-servers=${etcdUrl}`, `--secure-port=${port}`, '--bind-address=127.0.0.1'],
    ...[`--tls-cert-file=${file('cert.pem', cert)}`, `--tls-private-key-file=${file('key.pem', key)}`],
    ...[`--token-auth-file=${file('tokens.csv', `${tokens.join('\n')}\n`)}`, '--authorization-mode=RBAC'],
    ...['--service-account-issuer=https://kubernetes', '--service-cluster-ip-range=10.96.0.0/24'],
    `--service-account-key-file=${join(folder, 'account.key')}`,
    `--service-account-signing-key-file=${join(folder, 'account.key')}`,
  ];
  const contexts = USERS.map((name) => ({ name, token: name }));
  const path = file('kubeconfig', kubeconfig(url, certificate, contexts));
  const isReady = () =>
    new Promise<boolean>((resolve) => {
      const headers = { authorization: 'Bearer admin' };
      const call = request(`${url}/readyz`, { ca: certificate, headers, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      call.on('error', () => resolve(false));
      call.end();
    });
  let server: ChildProcess | null = null;
  const start = async () => {
    server = spawn(join(BUILT, 'kube-apiserver'), args, { env, cwd: folder, stdio: 'ignore' });
    await until(isReady, () => 'kube-apiserver does not become ready', 200);
  };
  const ask = async (call: string, body: object): Promise<{ header: { revision: string } }> => {
    const answer = await fetch(`${etcdUrl}/v3/kv/${call}`, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as { header: { revision: string } };
  };
  const stop = async () => {
    server?.kill('SIGKILL');
    if (server !== null) await exited(server);
    etcd.kill('SIGKILL');
    await exited(etcd);
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const kubectl = (words: readonly string[], input?: string) =>
    execFileSync('kubectl', [`--kubeconfig=${path}`, '--context=admin', ...words], {
      ...{ input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 256 * 1024 * 1024 },
    });
  return {
    ...{ url, host, storeUrl: etcdUrl, certificate, kubeconfig: path, start },
    kubectl,
    grant: (user, namespace) => void kubectl(['create', '-f', '-'], grantOf(user, namespace)),
    signal: (name) => void server?.kill(name),
    ended: () => (server === null ? Promise.resolve() : exited(server)),
    revision: async () => Number((await ask('range', { key: 'eA==' })).header.revision),
    compact: async (revision) => void (await ask('compaction', { revision, physical: true })),
    stop,
  };
}
