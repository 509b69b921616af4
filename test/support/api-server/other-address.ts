import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer } from 'node:net';

/** A way to a server of this machine under names of other machines, as a VPN or a load balancer gives it. */
export interface OtherAddresses {
  /** Changes a kubeconfig so that each of its contexts reaches its server as `names[context]`. */
  rename(kubeconfig: string, names: Readonly<Record<string, string>>): string;
  stop(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: Record<string, unknown> }[];
}

/** Starts a proxy (HTTP CONNECT) that leads every name to the port that was asked for on this machine. */
export async function startOtherAddresses(): Promise<OtherAddresses> {
  const proxy = createServer((client) => {
    client.on('error', () => client.destroy());
    client.once('data', (request) => {
      const [, port] = /^CONNECT [^ ]+:(\d+) HTTP/.exec(request.toString('latin1')) ?? [];
      if (port === undefined) {
        client.destroy();
        return;
      }
      const server = connectTcp(Number(port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(server).pipe(client);
      });
      server.on('error', () => client.destroy());
      client.on('close', () => server.destroy());
    });
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const { port } = proxy.address() as AddressInfo;
  return {
    rename(kubeconfig, names) {
      const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
      for (const { name, cluster } of config.clusters) {
        const host = names[name];
        if (host === undefined) continue;
        const server = new URL(String(cluster['server']));
        server.hostname = host;
        const more = { server: server.href.replace(/\/$/, ''), 'proxy-url': `http://127.0.0.1:${port}` };
        Object.assign(cluster, more, { 'tls-server-name': 'localhost' });
      }
      writeFileSync(kubeconfig, JSON.stringify(config));
      return kubeconfig;
    },
    stop: () => new Promise((closed) => proxy.close(() => closed())),
  };
}
