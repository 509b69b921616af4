import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { PROGRAM } from '../../support/kgit.js';
import { loadedModules } from '../../support/loaded-modules.js';
import { stateRepository } from '../../support/state-repository.js';

/** oclif reads the arguments. Plain YAML and what is written are read, checked and laid out without a package. */
const NEEDED = ['@oclif/core'];

const repository = () => stateRepository({ 'deployments/dep-a/state.yaml': 'region: eastus\n' });

describe('what a run loads', () => {
  it('--version: nothing of the program but its line', async () => {
    const { run, modules } = await loadedModules(repository(), ['--version']);
    expect(run.code).toBe(0);
    expect(modules).toEqual(['src/cli/start/version-line.ts']);
    // oclif shows the same.
    const whole = await loadedModules(repository(), ['--version', '--']);
    expect(whole.packages).toEqual(['@oclif/core']);
    expect(whole.run.stdout).toBe(run.stdout);
  });

  it('get: what reads the arguments alone, where the state is plain YAML', async () => {
    const { run, files, packages, modules } = await loadedModules(repository(), ['get', 'region']);
    expect(run.stdout).toBe('eastus\n');
    expect(packages).toEqual(NEEDED);
    // Start, what every command needs, the driver, and the command itself.
    expect(files).toBeLessThanOrEqual(4);
    // oclif parses the arguments; its configuration of plugins and hooks is not needed.
    expect(modules.filter((path) => path.includes('@oclif/core/lib/config/'))).toEqual([]);
    expect(modules).toContain('src/commands/get.ts');
    // Nothing of other commands, of legacy files, clusters, secrets or the demo.
    expect(modules.filter((path) => /^src\/(sync|k0rdent|demo|model\/secret)\//.test(path))).toEqual([]);
    expect(modules.filter((path) => path.startsWith('src/commands/'))).toEqual(['src/commands/get.ts']);
  });

  it('get: none of the modules of Node that load slowly, where the output is a file', () => {
    const folder = temporaryFolder();
    const preload = join(folder, 'preload.cjs');
    const loaded = join(folder, 'loaded');
    const names = 'process.moduleLoadList.join("\\n")';
    writeFileSync(
      preload,
      `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(loaded)}, ${names}));`,
    );
    const cwd = repository();
    // Asks git for its version, once.
    expect(spawnSync(process.execPath, [PROGRAM, 'get', 'region'], { cwd }).status).toBe(0);
    const output = openSync(join(folder, 'output'), 'w');
    const args = ['--require', preload, PROGRAM, 'get', 'region'];
    const { status } = spawnSync(process.execPath, args, {
      cwd,
      stdio: ['ignore', output, 'ignore'],
    });
    closeSync(output);
    expect(status).toBe(0);
    expect(readFileSync(join(folder, 'output'), 'utf8')).toBe('eastus\n');
    const modules = readFileSync(loaded, 'utf8').split('\n');
    expect(modules).toContain('NativeModule vm');
    const slow = /NativeModule (stream|zlib|tty|net|crypto|child_process|fs\/promises)$/;
    expect(modules.filter((name) => slow.test(name))).toEqual([]);
  });

  it('push-event: no package either, queued or published', async () => {
    const event = ['push-event', 'backup_done', '--deployment', 'dep-a', '--param', 'size=1'];
    for (const how of [['--queue'], []]) {
      const { run, packages, modules } = await loadedModules(repository(), [...event, ...how]);
      expect(run.code).toBe(0);
      expect(packages).toEqual(NEEDED);
      expect(modules.filter((path) => /^src\/(sync|k0rdent|demo)\//.test(path))).toEqual([]);
    }
  });

  it('the YAML package where a file is more than plain, and nothing of it at once', async () => {
    const path = stateRepository({ 'deployments/dep-a/state.yaml': 'region: &here eastus\nother: *here\n' });
    const { run, packages } = await loadedModules(path, ['get', 'other']);
    expect(run.stdout).toBe('eastus\n');
    expect(packages).toEqual([...NEEDED, 'yaml']);
  });

  it('of zod its small form, without languages but English, for what others have left in the outbox', async () => {
    const path = repository();
    const event = ['push-event', 'a', '--deployment', 'dep-a', '--queue'];
    await loadedModules(path, event);
    const { packages, modules } = await loadedModules(path, event);
    expect(packages).toEqual([...NEEDED, 'zod']);
    const zod = modules.filter((path) => path.startsWith('node_modules/zod/'));
    expect(zod).toContain('node_modules/zod/v4/mini/schemas.js');
    expect(zod.filter((path) => /classic|to-json-schema|locales\/(?!en\.js)/.test(path))).toEqual([]);
  });

  it('of the server nothing but for serve', async () => {
    const path = repository();
    const ofServer = /^src\/(serve|news|page)\//;
    const serve = await loadedModules(path, ['serve', '--listen', '0.0.0.0:0']);
    expect(serve.packages).toContain('hono');
    expect(serve.modules.filter((one) => ofServer.test(one))).not.toEqual([]);
    const status = await loadedModules(path, ['status', '--offline']);
    expect(status.packages.filter((one) => one.includes('hono'))).toEqual([]);
    expect(status.modules.filter((one) => ofServer.test(one))).toEqual([]);
  });

  it('of the Model Context Protocol nothing but for mcp', async () => {
    const path = repository();
    const isOfMcp = (one: string) => one.startsWith('@modelcontextprotocol/');
    const mcp = await loadedModules(path, ['mcp']);
    expect(mcp.run).toMatchObject({ code: 0, stdout: '' });
    expect(mcp.packages.filter(isOfMcp)).not.toEqual([]);
    expect(mcp.packages).not.toContain('hono');
    const event = ['push-event', 'a', '--deployment', 'dep-a', '--dry-run'];
    for (const args of [['status', '--offline'], event]) {
      const other = await loadedModules(path, args);
      expect(other.packages.filter(isOfMcp)).toEqual([]);
      expect(other.modules.filter((one) => one.startsWith('src/mcp/'))).toEqual([]);
    }
  });

  it('of simple-git nothing but for transfers: clone, doctor', async () => {
    const path = repository();
    const clone = await loadedModules(path, ['clone', path, join(temporaryFolder(), 'clone')]);
    expect(clone.run.code).toBe(0);
    expect(clone.packages).toContain('simple-git');
    const sync = await loadedModules(path, ['sync']);
    expect(sync.packages).not.toContain('simple-git');
  });

  it.each([
    ['file', []],
    ['sqlite', ['libsql']],
    ['redis', ['ioredis']],
    ['etcd', ['@grpc/grpc-js', '@bufbuild/protobuf']],
    ['consul', []],
  ])('of the clients of back ends that of %s alone', async (backend, own) => {
    // No server is there: the client finds that out.
    const place = ['file', 'sqlite'].includes(backend) ? join(temporaryFolder(), 'state') : '//127.0.0.1:1#s';
    const repo = `${backend}:${place}`;
    for (const args of [
      ['get', 'region', '--deployment', 'd', '--repo', repo],
      ['push-event', 'a', '--deployment', 'd', '--repo', repo],
    ]) {
      const { modules, packages } = await loadedModules(temporaryFolder(), args);
      const foreign = ['ioredis', '@grpc/grpc-js', '@bufbuild/protobuf', 'libsql', 'simple-git'].filter(
        (name) => !own.includes(name),
      );
      expect(packages.filter((name) => foreign.includes(name))).toEqual([]);
      const folders = modules.flatMap((path) => /^src\/backends\/(\w+)\//.exec(path)?.[1] ?? []);
      const drivers = ['file', 'sqlite', 'redis', 'etcd', 'consul'].filter((name) => name !== backend);
      expect(folders.filter((name) => drivers.includes(name))).toEqual([]);
      expect(folders).toContain(backend);
    }
  });

  it('isomorphic-git, and what stands in for git, with the embedded git alone', async () => {
    const config = join(temporaryFolder(), 'kgit.yaml');
    writeFileSync(config, 'state_management:\n  backend: git-embedded\n');
    const path = stateRepository({ 'deployments/dep-a/state.yaml': 'region: eastus\n' });
    // What is written would not reach the checkout.
    git(path, 'config', 'core.bare', 'true');
    for (const args of [
      ['get', 'region'],
      ['push-event', 'a', '--deployment', 'dep-a'],
    ]) {
      const own = await loadedModules(join(path, '.git'), [...args, '--config', config]);
      expect(own.run.code).toBe(0);
      expect(own.packages).toContain('isomorphic-git');
      const foreign = ['simple-git', 'ioredis', '@grpc/grpc-js', 'libsql', 'yaml'];
      expect(own.packages.filter((name) => foreign.includes(name))).toEqual([]);
      // No remote is there.
      const others = /^src\/gitstore\/(embedded\/wire\/http-client|process\/transfer\.ts$)/;
      expect(own.modules.filter((name) => others.test(name))).toEqual([]);
      const usual = await loadedModules(join(path, '.git'), args);
      expect(usual.packages).not.toContain('isomorphic-git');
      // What reads packs, loose objects and git's configuration, and makes objects and packs, is shared.
      const shared =
        /^src\/gitstore\/embedded\/(packs\/|loose-objects|git-config|files|object-formats|tree-edits|made-commits|wire\/pack)/;
      const rest = usual.modules.filter((name) => name.startsWith('src/gitstore/embedded/'));
      expect(rest.filter((name) => !shared.test(name))).toEqual([]);
    }
  });

  it('help: what lays out text, and nothing of oclif', async () => {
    const help = await loadedModules(repository(), ['get', '--help']);
    expect(help.packages).not.toContain('ejs');
    expect(help.modules).toContain('src/cli/help/command-help.ts');
    expect(help.modules.filter((path) => path.includes('@oclif/core/lib/help'))).toEqual([]);
  });
});
