import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import { builtServer } from './built-server.js';
import { freePort, type ServerProcess, startProcess } from './server-process.js';

/** A real Consul on the loopback, with data of its own. */
export interface ConsulServer extends ServerProcess {
  readonly port: number;
  /** Asks its API over plain HTTP. */
  ask(method: 'GET' | 'PUT', path: string, body?: unknown, token?: string): Promise<unknown>;
}

/** Path of the program; null where it was not built: see `consul/install.sh`. */
export const CONSUL = builtServer('consul');

function asked(port: number, method: string, path: string, body: unknown, token = ''): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, agent: false, headers: { 'X-Consul-Token': token } },
      async (answer) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          const text = Buffer.concat(chunks).toString('utf8');
          if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Starts a datacenter of one server; `config` adds to its configuration. */
export async function startConsul(config: object = {}, program = CONSUL ?? 'consul'): Promise<ConsulServer> {
  const folder = temporaryFolder('kgit-consul-');
  const [port, rpc, lan, wan] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const isTls = 'tls' in config;
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({
      ...{ server: true, bootstrap: true, data_dir: join(folder, 'data'), node_name: 'one' },
      ...{ bind_addr: '127.0.0.1', client_addr: '127.0.0.1', disable_update_check: true },
      performance: { raft_multiplier: 1 },
      ports: {
        ...{ http: isTls ? -1 : port, https: isTls ? port : -1, server: rpc, serf_lan: lan, serf_wan: wan },
        ...{ dns: -1, grpc: -1, grpc_tls: -1 },
      },
      ...config,
    }),
  );
  const server = await startProcess({
    program,
    args: ['agent', '-config-file', join(folder, 'config.json')],
    cwd: folder,
    from: 'test/support/servers/consul/install.sh',
    ready: /New leader elected|cluster leadership acquired/,
  });
  return {
    ...server,
    port,
    ask: (method, path, body, token) => asked(port, method, path, body, token),
  };
}
