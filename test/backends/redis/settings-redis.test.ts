/** A store on Redis, named by settings and by address, through the built program. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit } from '../../support/kgit.js';
import { type RedisServer, startRedis } from '../../support/servers/redis-server.js';

const PASSWORD = 'correct-horse-battery';
const AUTHOR = ['--user', 'ada'];
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ config: `requirepass ${PASSWORD}` });
});
afterAll(() => server.kill());

/** A file with the block of the requirement, task-038. */
function settings(password: string, more = '', mode = 0o600): string {
  const path = join(temporaryFolder(), 'deploy.yaml');
  const text = `state_management:
  backend: "redis"  # redis, etcd, consul, file
  redis:
    host: "localhost"
    port: ${server.port}
    database: 0
    password: ${JSON.stringify(password)}
${more}`;
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('a store on Redis', () => {
  it('is set up, written and read by the block of the requirement', async () => {
    const cwd = temporaryFolder();
    const config = ['--config', settings(PASSWORD)];
    const made = await kgit(cwd, ['init', '--deployment', 'd1', ...config, ...AUTHOR]);
    expect(made).toMatchObject({ code: 0 });
    expect(made.stdout).toContain(`published to Redis at localhost:${server.port}`);
    const set = await kgit(cwd, ['set', 'deployment.phase=create_vms', ...config, ...AUTHOR]);
    expect(set).toMatchObject({ code: 0 });
    expect(await kgit(cwd, ['get', 'deployment.phase', ...config])).toMatchObject({
      stdout: 'create_vms\n',
    });
  });

  it('takes the password from its variable or a file, and the place from --repo', async () => {
    const cwd = temporaryFolder();
    const repo = ['--repo', `redis://localhost:${server.port}/0`];
    const env = { KGIT_REDIS_PASSWORD: PASSWORD };
    expect(await kgit(cwd, ['list', ...repo], { env })).toMatchObject({ code: 0 });
    writeFileSync(join(cwd, 'password'), `${PASSWORD}\n`);
    const config = ['--config', settings('', '    password_file: password\n')];
    expect(await kgit(cwd, ['list', ...config])).toMatchObject({ code: 0 });
  });

  it('holds other stores beside it', async () => {
    const cwd = temporaryFolder();
    const env = { KGIT_REDIS_PASSWORD: PASSWORD };
    const other = await kgit(cwd, ['list', '--repo', `redis://localhost:${server.port}/0#other`], { env });
    expect(other).toMatchObject({ code: 10 });
    expect(other.stderr).toContain("Make it one with 'kgit init'");
  });

  it('is checked by doctor', async () => {
    const { code, stdout } = await kgit(temporaryFolder(), [
      'doctor',
      '--config',
      settings(PASSWORD),
      '--json',
    ]);
    expect(code).toBe(0);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; detail: string }[] };
    expect(checks.find(({ name }) => name === 'durability')?.detail).toBe(
      'append-only file, appendfsync always',
    );
  });

  it('shows no password, right or wrong', async () => {
    const cwd = temporaryFolder();
    const env = { KGIT_REDIS_PASSWORD: 'wrong-horse' };
    const ended = [
      await kgit(cwd, ['list', '--repo', `redis://localhost:${server.port}/0`, '--verbose'], { env }),
      await kgit(cwd, ['list', '--repo', `redis://:${PASSWORD}@localhost:${server.port}/0`]),
      await kgit(cwd, ['list', '--config', settings(PASSWORD, '', 0o644)]),
      await kgit(cwd, ['config', '--config', settings(PASSWORD), '--json']),
      await kgit(cwd, ['doctor', '--config', settings(PASSWORD), '--verbose']),
    ];
    expect(ended.map(({ code }) => code)).toEqual([16, 2, 2, 0, 0]);
    const all = ended.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    expect(all).not.toMatch(/correct-horse|wrong-horse/);
    expect(ended[3]?.stdout).toContain('(set, not shown)');
  });
});
