import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rights } from '../../../src/demo/api-server/access.js';
import { type KubeContext, kubeconfig } from '../../../src/demo/api-server/kubeconfig.js';
import type { ManagementCluster, ReceivedRequest } from '../../../src/demo/api-server/routes.js';
import { type ManagementServer, startManagementServer } from '../../../src/demo/api-server/server.js';
import { commit, type Fault } from './faults.js';

/** The tokens that the server knows unless a test says otherwise. */
export const TOKENS: Readonly<Record<string, Rights>> = {
  admin: { clusters: '*', managements: true, kubeSystem: true, others: true },
  viewer: { clusters: '*', managements: false, kubeSystem: true, others: false },
  reader: { clusters: '*', managements: false, kubeSystem: false, others: false },
  team: { clusters: ['team-payments'], managements: false, kubeSystem: false, others: false },
  nobody: { clusters: [], managements: false, kubeSystem: false, others: false },
};

/** The stand-in cluster of `kgit demo`, with a log of its requests, and faults on demand. */
export interface ApiServer extends ManagementServer {
  /** Path of a kubeconfig with one context per token, named as the token; the first is the current one. */
  readonly kubeconfig: string;
  /** Every request since the start or the last `reset`. */
  readonly requests: readonly ReceivedRequest[];
  /** Adds a fault; the first one that fits a request answers it. */
  inject(fault: Fault): void;
  /** Forgets faults and requests. */
  reset(): void;
  /** Writes a kubeconfig of the given contexts and returns its path. */
  writeKubeconfig(contexts: readonly KubeContext[]): string;
}

export interface ApiServerOptions extends Partial<ManagementCluster> {
  readonly tokens?: Readonly<Record<string, Rights>>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { tokens = TOKENS } = options;
  const requests: ReceivedRequest[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const server = await startManagementServer({
    ...options,
    tokens,
    intercept: (request, response) => {
      requests.push(request);
      const hit = faults.find(({ fault, left }) => left > 0 && (fault.when?.(request) ?? true));
      if (hit === undefined) return false;
      hit.left -= 1;
      commit(hit.fault.kind, response);
      return true;
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'kgit-api-server-'));
  let written = 0;
  const writeKubeconfig = (contexts: readonly KubeContext[]): string => {
    written += 1;
    const path = join(folder, `kubeconfig-${written}`);
    writeFileSync(path, kubeconfig(server.url, server.certificate, contexts), { mode: 0o600 });
    return path;
  };
  return {
    ...server,
    kubeconfig: writeKubeconfig(Object.keys(tokens).map((token) => ({ name: token, token }))),
    requests,
    inject: (fault) => void faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    reset: () => {
      requests.length = 0;
      faults.length = 0;
    },
    writeKubeconfig,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
