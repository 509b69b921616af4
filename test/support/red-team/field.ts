import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../git-fixtures.js';
import { type KgitRun, kgit } from '../kgit.js';
import { commitFiles, sharedState } from '../state-repository.js';
import { type ServerCertificate, serverCertificate } from '../transport/certificates.js';
import { type GitHttpsServer, startGitHttpsServer } from '../transport/git-https-server.js';

export const TOKEN = 'right-token';

/** A server of the user's, one of a stranger's, and a home of the user's that trusts both. */
export interface Field {
  readonly own: GitHttpsServer;
  readonly evil: GitHttpsServer;
  /** Of both servers. */
  readonly certificate: ServerCertificate;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** A clone whose remote is the user's server. */
  clone(files?: Readonly<Record<string, string>>): string;
  stop(): Promise<void>;
}

export async function openField(): Promise<Field> {
  const certificate = serverCertificate();
  const repository = sharedState();
  const own = await startGitHttpsServer(repository, certificate);
  const evil = await startGitHttpsServer(sharedState(), certificate);
  const home = temporaryFolder('kgit-home-');
  const env = {
    ...{ HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_STATE_HOME: join(home, '.local/state') },
    ...{ GIT_SSL_CAINFO: own.authority, NODE_EXTRA_CA_CERTS: own.authority, KGIT_TOKEN: TOKEN },
  };
  return {
    ...{ own, evil, certificate, home, env },
    clone: (files = {}) => {
      const path = cloneOf(repository);
      git(path, 'remote', 'set-url', 'origin', own.url);
      if (Object.keys(files).length > 0) commitFiles(path, files);
      return path;
    },
    stop: async () => {
      await own.stop();
      await evil.stop();
    },
  };
}

/** A field, and the commands that the tests of a file run in it. */
export interface TestField extends Field {
  run(path: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<KgitRun>;
  /** Writes an event. */
  push(path: string, env?: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<KgitRun>;
}

/** Opens a field for all tests of a file. Its servers forget their requests before each test. */
export async function openTestField(): Promise<TestField> {
  const field = await openField();
  beforeEach(() => {
    (field.own.requests as unknown[]).length = 0;
    (field.evil.requests as unknown[]).length = 0;
  });
  afterAll(() => field.stop());
  const run: TestField['run'] = (path, args, env = {}) => kgit(path, args, { env: { ...field.env, ...env } });
  const push: TestField['push'] = (path, env, ...more) =>
    run(path, ['push-event', 'noted', '--cluster', 'prod', '--json', ...more], env);
  return { ...field, run, push };
}

/** The `Authorization` headers that a server received. */
export function heard(server: GitHttpsServer): string[] {
  return server.requests.flatMap(({ authorization }) => authorization ?? []);
}

/** Writes a file, with the folders above it. */
export function put(path: string, text: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A program that leaves a trace where it is run. */
export function canary(name = 'canary'): { readonly program: string; readonly hasRun: () => boolean } {
  const folder = temporaryFolder('kgit-canary-');
  const program = put(join(folder, name), `#!/bin/sh\ntouch ${folder}/sang\nexit 1\n`);
  chmodSync(program, 0o755);
  return { program, hasRun: () => existsSync(join(folder, 'sang')) };
}
