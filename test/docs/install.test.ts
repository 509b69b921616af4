import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/git-fixtures.js';
import { serverCertificate } from '../support/transport/certificates.js';
import { bash } from './recipes.js';

const root = join(import.meta.dirname, '../..');
const TARBALL = Buffer.from('what the team packed');
const sha256 = createHash('sha256').update(TARBALL).digest('hex');
const certificate = serverCertificate();
let server: Server;

beforeAll(async () => {
  server = createServer(certificate, (request, response) => {
    if (request.url === '/kgit.tgz') return response.end(TARBALL);
    return response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterAll(() => new Promise((closed) => server.close(closed)));

interface Step {
  readonly name?: string;
  readonly run?: string;
}

/** The lines of a workflow that install kgit. */
function installation(yaml: string): string {
  const { jobs, kgit, deploy } = parse(yaml);
  const steps: Step[] = (jobs?.deploy ?? jobs?.validate)?.steps ?? [];
  return steps.find(({ name }) => name === 'install kgit')?.run ?? (kgit ?? deploy).before_script.join('\n');
}

const recipes = [
  ...readFileSync(join(root, 'docs/ci.md'), 'utf8').matchAll(/recipe: (\S+) -->\n```yaml\n([\s\S]*?)```/g),
];
const templates = readdirSync(join(root, 'templates/state-repo/ci'));
const all: [string, string][] = [
  ...recipes.map(([, name = '', yaml = '']): [string, string] => [`the recipe ${name}`, yaml]),
  ...templates.map((name): [string, string] => [
    `the template ${name}`,
    readFileSync(join(root, 'templates/state-repo/ci', name), 'utf8'),
  ]),
];

/** Runs the installation with an npm that notes what it is asked for; whether it was, and with what. */
async function install(yaml: string, variables: { readonly address?: string; readonly sum?: string }) {
  const folder = temporaryFolder();
  const asked = join(folder, 'asked');
  writeFileSync(
    join(folder, 'npm'),
    `#!/bin/sh\nfor last; do :; done\necho "$*" > "${asked}"\ncp "$last" "${asked}.tgz"\n`,
  );
  chmodSync(join(folder, 'npm'), 0o755);
  writeFileSync(join(folder, 'ca'), readFileSync(certificate.authority));
  const { port } = server.address() as AddressInfo;
  const { code, output } = await bash(installation(yaml), folder, {
    PATH: `${folder}:${process.env['PATH']}`,
    CI_PROJECT_DIR: folder,
    CURL_CA_BUNDLE: join(folder, 'ca'),
    KGIT_TARBALL: variables.address ?? `https://127.0.0.1:${port}/kgit.tgz`,
    KGIT_SHA256: variables.sum ?? sha256,
  });
  return {
    code,
    output,
    asked: existsSync(asked) ? readFileSync(asked, 'utf8') : null,
    handed: existsSync(asked) ? readFileSync(`${asked}.tgz`) : null,
  };
}

it('there is a recipe for each forge', () => {
  expect(all.map(([name]) => name)).toEqual([
    ...['github', 'github-app', 'github-deploy-key', 'gitlab', 'forgejo'].map((name) => `the recipe ${name}`),
    ...['forgejo.yml', 'github.yml', 'gitlab.yml'].map((name) => `the template ${name}`),
  ]);
});

it.each(all)('%s installs the tarball that the team pinned', async (_, yaml) => {
  const { code, output, asked, handed } = await install(yaml, {});
  expect(code, output).toBe(0);
  expect(asked).toMatch(/^install --global --ignore-scripts (\.\/|\/)\S+\.tgz\n$/);
  expect(handed).toEqual(TARBALL);
});

it.each(all)(
  '%s installs nothing where the sum differs, a variable is missing, or the address is no https',
  async (_, yaml) => {
    const other = createHash('sha256').update('something else').digest('hex');
    for (const variables of [
      { sum: other },
      { sum: '' },
      { address: '' },
      { address: 'http://127.0.0.1:1/kgit.tgz' },
    ]) {
      const { code, asked } = await install(yaml, variables);
      expect(code).not.toBe(0);
      expect(asked).toBeNull();
    }
  },
);

it('no page, template or program installs kgit by a name that nobody holds', () => {
  const files = [
    'README.md',
    ...['docs', 'templates', 'src', 'scripts'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    ),
  ].filter((name) => /\.(md|ya?ml|ts|mjs|bash)$/.test(name));
  const byName = files.filter((name) =>
    /(npm (i|install|exec)|npx|pnpm (add|dlx)|yarn (add|dlx|global add))( +-\S+)* +kgit\b(?!.*would run whatever)/.test(
      readFileSync(join(root, name), 'utf8'),
    ),
  );
  expect(byName).toEqual([]);
});
