import { spawn } from 'node:child_process';
import { connect } from 'node:http2';
import type { KubeObject } from './objects.js';
import { cluster } from './questions.js';

/** What can happen to a server while somebody watches. */
export type Ending =
  | 'the time of the watch is over'
  | 'the server stops'
  | 'the server stops, and is killed before it has ended its watches'
  | 'the server is killed'
  | 'the server hangs';

/** How a watch ended. */
export interface RecordedEnding {
  /** The exit code of kubectl, and its message. */
  readonly code: number | null;
  readonly stderr: string;
  /** The code of the GOAWAY that HTTP/2 sent before; null where it sent none. */
  readonly goaway: number | null;
}

/** A server whose watches can be made to end. */
export interface EndingServer {
  readonly url: string;
  /** In PEM. */
  readonly certificate: string;
  /** Path of a kubeconfig for it, whose current context is `admin`. */
  readonly kubeconfig: string;
  /** Creates a ClusterDeployment, or changes it. */
  apply(object: KubeObject): void | Promise<void>;
  /** Makes the watches end in this way. */
  act(ending: Ending): Promise<void>;
}

const WATCH = '/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments?watch=1&timeoutSeconds=';

/** Watches the server with kubectl and over HTTP/2, each on a connection of its own, until both have ended. */
export async function endingOf(server: EndingServer, ending: Ending): Promise<RecordedEnding> {
  const path = `${WATCH}${ending === 'the time of the watch is over' ? 2 : 600}`;
  // A watch without a version begins with the existing objects, which shows that it has begun.
  await server.apply(cluster('seen'));
  const said = kubectlEnd(server, path);
  // This client does not notice a server that hangs.
  const told = ending === 'the server hangs' ? null : goawayOf(server, path);
  await Promise.all([said.begun, told?.begun]);
  await server.act(ending);
  return { ...(await said.end), goaway: (await told?.end) ?? null };
}

/** A watch by some client. */
interface Watching<T> {
  /** Called when data arrives. */
  readonly begun: Promise<void>;
  readonly end: Promise<T>;
}

function kubectlEnd(
  { kubeconfig }: EndingServer,
  path: string,
): Watching<Pick<RecordedEnding, 'code' | 'stderr'>> {
  const env = {
    ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], KUBECONFIG: kubeconfig },
    // It asks a silent connection whether it lives: after a second, not after thirty; the words are the same.
    ...{ HTTP2_READ_IDLE_TIMEOUT_SECONDS: '1', HTTP2_PING_TIMEOUT_SECONDS: '1' },
  };
  const child = spawn('kubectl', ['get', '--raw', path], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const begun = new Promise<void>((resolve) => child.stdout.on('data', () => resolve()));
  const end = new Promise<Pick<RecordedEnding, 'code' | 'stderr'>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, stderr: stderr.replace(/LastStreamID=\d+/, 'LastStreamID=N') }),
    );
  });
  return { begun, end };
}

/** The code of the GOAWAY that a watch got; null: none. */
function goawayOf({ url, certificate }: EndingServer, path: string): Watching<number | null> {
  const session = connect(url, { ca: certificate });
  let told: number | null = null;
  session.on('goaway', (code) => {
    told = code;
  });
  // Any end of the connection will do.
  session.on('error', () => undefined);
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const end = new Promise<number | null>((resolve) => {
    const watch = () => {
      const stream = session.request({ ':path': path, authorization: 'Bearer admin' });
      let isOpen = false;
      stream.on('response', ({ ':status': status }) => {
        isOpen = status === 200;
      });
      stream.on('error', () => undefined);
      stream.on('data', () => isOpen && begin());
      stream.on('close', () => {
        // A server that has just started says 429.
        if (!isOpen && !session.closed) return void setTimeout(watch, 200);
        session.destroy();
        resolve(told);
      });
    };
    watch();
  });
  return { begun, end };
}
