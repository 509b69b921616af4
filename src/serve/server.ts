import type { Monitor } from '../app/monitor/monitor.js';
import { UsageError } from '../errors.js';
import { Access, type AccessRules } from './access/access.js';
import { isLoopback, type ListenAddress } from './access/listen-address.js';
import { serveApp } from './app.js';
import { CONNECTION_LIMITS, type ConnectionLimits, listen } from './http/listener.js';
import type { ServeParts } from './parts.js';
import type { ServeFiles, ServePaths } from './serve-files.js';
import { OpenStreams, type StreamLimits } from './stream/open-streams.js';

export interface ServeOptions
  extends Pick<
    ServeParts,
    'monitor' | 'version' | 'now' | 'pageFolder' | 'onFault' | 'observer' | 'environment' | 'targets'
  > {
  readonly monitor: Monitor;
  readonly listen: ListenAddress;
  readonly access: Omit<AccessRules, 'token'>;
  readonly files: ServeFiles;
  /** Tells the operator something in one line. */
  readonly note: (message: string) => void;
  readonly limits?: Partial<
    ConnectionLimits & {
      readonly streams: Partial<StreamLimits>;
      readonly reread: number;
      /** For an answer to begin, in ms. */
      readonly answer: number;
    }
  >;
}

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  /** Ends the streams and lets the answers under way finish, for a few seconds at most. */
  stop(): Promise<void>;
}

/** Throws UsageError for an address that others can reach, if nothing asks them who they are. */
export function refuseOpenAddress(
  { host }: ListenAddress,
  { token }: Pick<ServePaths, 'token'>,
  { proxyHeader }: Pick<AccessRules, 'proxyHeader'>,
): void {
  if (isLoopback(host) || token !== null || proxyHeader !== null) return;
  throw new UsageError(`--listen ${host}: everybody who can reach this machine could read the repository`, {
    suggestions: [
      'Ask for a token: --token-file FILE (openssl rand -hex 32 > FILE makes one)',
      'Where a proxy asks for a sign-in, name the header that it sets: --trusted-proxy-header NAME',
      'Listen on this machine alone: --listen 127.0.0.1:7467',
    ],
    data: { flag: 'listen' },
  });
}

/** Serves a repository over HTTP. Throws EnvironmentError if the address cannot be used. */
export async function serveRepository(options: ServeOptions): Promise<RunningServer> {
  const { monitor, version, now, pageFolder, onFault, note, files, limits = {} } = options;
  const { token, hookSecret, tls } = files;
  const stopping = new AbortController();
  const streams = new OpenStreams(monitor, limits.streams);
  const access = new Access({ ...options.access, token: token && (() => token.value) }, now);
  const parts: ServeParts = {
    ...{ monitor, version, now, access, streams, pageFolder, onFault },
    ...{ observer: options.observer, environment: options.environment, targets: options.targets },
    hookSecret: hookSecret && (() => hookSecret.value),
    stopping: stopping.signal,
  };
  const listener = await listen(serveApp(parts, limits.answer), options.listen, tls?.value ?? null, {
    ...CONNECTION_LIMITS,
    ...limits,
  });
  tls?.onChange((pair) => {
    listener.setTls(pair);
    note('the certificate was replaced: new connections use it');
  });
  token?.onChange(() => note('the token was replaced: everybody signs in again'));
  return {
    url: listener.url,
    stop: async () => {
      stopping.abort();
      streams.end();
      for (const one of [token, hookSecret, tls]) one?.close();
      await listener.close();
    },
  };
}
