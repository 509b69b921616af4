import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { deferBuiltins, deferDebug } from '../../scripts/deferred-requires.mjs';
import { temporaryFolder } from '../support/git-fixtures.js';
import { startEtcd } from '../support/servers/etcd-server.js';
import { SAFE, startRedis } from '../support/servers/redis-server.js';
import type { ServerProcess } from '../support/servers/server-process.js';

const PASSWORD = 'Kq7-hidden-Wz';
const servers: ServerProcess[] = [];
afterAll(() => Promise.all(servers.map((each) => each.kill())));

/** Bundles a key space as the build does, and runs `use` with it in a process of its own, with every log on. */
async function bundled(file: string, name: string, options: object): Promise<{ out: string; log: string }> {
  const folder = temporaryFolder('kgit-bundle-');
  const script = join(folder, 'space.cjs');
  const { metafile } = await build({
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    ...{ entryPoints: [file], outfile: script, bundle: true, metafile: true, logLevel: 'error' },
    ...{ platform: 'node', target: 'node20.19', format: 'cjs' },
    plugins: [deferDebug, deferBuiltins(['crypto', 'child_process'])],
  });
  const missing = Object.values(metafile.outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path, external }) => external && !isBuiltin(path));
  expect(missing).toEqual([]);
  const program = `const { ${name} } = require(${JSON.stringify(script)});
const space = new ${name}(${JSON.stringify(options)});
space.write({ expect: new Map(), puts: [{ key: 'head', value: 'x' }] }, 60_000)
  .then(({ kind }) => { console.log(kind); return space.close(); });`;
  writeFileSync(join(folder, 'use.cjs'), program);
  const env = { PATH: process.env['PATH'], DEBUG: '*', GRPC_TRACE: 'all', GRPC_VERBOSITY: 'DEBUG' };
  const run = spawnSync(process.execPath, [join(folder, 'use.cjs')], { env, encoding: 'utf8' });
  return { out: run.stdout, log: run.stderr };
}

describe('the clients of servers, bundled', () => {
  it('ioredis works, prints nothing, and ends with the process', async () => {
    const server = await startRedis({ args: [...SAFE, '--requirepass', PASSWORD] });
    servers.push(server);
    const { out, log } = await bundled('src/backends/redis/redis-key-space.ts', 'RedisKeySpace', {
      ...{ host: '127.0.0.1', port: server.port, database: 0, username: '', password: PASSWORD },
      ...{ sentinels: [], master: '', waitReplicas: 0, durability: 'required', store: 'prod' },
    });
    expect({ out, log }).toEqual({ out: 'done\n', log: '' });
  });

  it('gRPC works, prints nothing, and ends with the process', async () => {
    const server = await startEtcd();
    servers.push(server);
    server.control('user', 'add', `root:${PASSWORD}`);
    server.control('user', 'grant-role', 'root', 'root');
    server.control('auth', 'enable');
    const { out, log } = await bundled('src/backends/etcd/etcd-key-space.ts', 'EtcdKeySpace', {
      endpoints: [{ host: '127.0.0.1', port: server.port }],
      ...{ username: 'root', password: PASSWORD, store: 'prod' },
    });
    expect({ out, log }).toEqual({ out: 'done\n', log: '' });
  });
});
