/** The workflow of a release: its steps with stand-ins for npm and gh. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/git-fixtures.js';

const root = join(import.meta.dirname, '../..');
const { jobs } = parse(readFileSync(join(root, '.github/workflows/release.yml'), 'utf8')) as {
  jobs: Record<string, { container?: unknown; steps: { name?: string; run?: string }[] }>;
};

/** A program that notes its arguments, and answers what `answer` (shell, with the arguments in `$*`) prints. */
function standIn(folder: string, name: string, answer: string): void {
  const text = `#!/bin/sh\necho "$*" >> ${folder}/${name}.log\ncase "$*" in\n${answer}\nesac\n`;
  writeFileSync(join(folder, name), text, { mode: 0o755 });
}

/** Runs a step of the job `publish` for a tag; what it called. */
function publish(step: string, tag: string, programs: Readonly<Record<string, string>>) {
  const script = jobs['publish']?.steps.find(({ name }) => name === step)?.run ?? '';
  expect(script, step).not.toBe('');
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'release'));
  writeFileSync(join(folder, 'release', `kgit-${tag.slice(1)}.tgz`), 'a tarball');
  for (const [name, answer] of Object.entries(programs)) standIn(folder, name, answer);
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, GITHUB_REF_NAME: tag };
  const cwd = step === 'publish to npm' ? join(folder, 'release') : folder;
  // The shell and the options that a runner takes where a step names none.
  const { status } = spawnSync('bash', ['-e', '-c', script], { cwd, env });
  const log = (name: string) => join(folder, `${name}.log`);
  const called = Object.keys(programs).flatMap((name) =>
    existsSync(log(name)) ? readFileSync(log(name), 'utf8').trim().split('\n') : [],
  );
  return { code: status, called };
}

describe('the step that publishes to npm', () => {
  const there = (integrity: string, latest: string) =>
    `*dist.integrity) echo ${integrity} ;; *dist-tags.latest) echo ${latest} ;;`;
  const run = (tag: string, integrity: string, latest: string) =>
    publish('publish to npm', tag, { npm: there(integrity, latest) });
  const published = (tag: string, latest: string) =>
    run(tag, '', latest).called.filter((line) => line.startsWith('publish'));

  it.each([
    ['v1.10.0', '1.9.3', 'latest'],
    ['v1.9.4', '1.10.0', 'release-1.9'],
    ['v2.0.0-rc.1', '1.10.0', 'next'],
    ['v2.0.0', '2.0.0-rc.1', 'latest'],
  ])('gives %s, where the latest is %s, the tag %s', (tag, latest, wanted) => {
    const words = `--provenance --access=public --tag=${wanted}`;
    expect(published(tag, latest)).toEqual([`publish ./kgit-${tag.slice(1)}.tgz ${words}`]);
  });

  it('publishes nothing twice, and fails where another file is published under the version', () => {
    const sum = createHash('sha512').update('a tarball').digest('base64');
    const query = ['view kgit@1.0.0 dist.integrity'];
    expect(run('v1.0.0', `sha512-${sum}`, '1.0.0')).toEqual({ code: 0, called: query });
    expect(run('v1.0.0', 'sha512-other', '1.0.0')).toEqual({ code: 1, called: query });
  });

  it('publishes nothing where the registry does not answer', () => {
    const { code, called } = publish('publish to npm', 'v1.0.0', { npm: '*) exit 1 ;;' });
    expect(code).not.toBe(0);
    expect(called).toHaveLength(1);
  });
});

describe('the step that drafts the release', () => {
  const run = (tag: string, view: string) =>
    publish('draft the release', tag, { gh: `"release view"*) ${view} ;;` }).called.slice(1);
  const upload = (tag: string) => `release upload ${tag} --clobber release/kgit-${tag.slice(1)}.tgz`;

  it('creates a draft, takes one that an earlier run left, and leaves a release that users see', () => {
    const created = 'release create v1.0.0 --draft --verify-tag --generate-notes';
    expect(run('v1.0.0', 'exit 1')).toEqual([created, upload('v1.0.0')]);
    expect(run('v1.0.0-rc.1', 'exit 1')[0]).toContain('--prerelease');
    expect(run('v1.0.0', 'echo true')).toEqual([upload('v1.0.0')]);
    expect(run('v1.0.0', 'echo false')).toEqual([]);
  });

  it('precedes npm, and users see the release at the end', () => {
    const names = jobs['publish']?.steps.flatMap(({ name }) => name ?? []);
    expect(names).toEqual(['draft the release', 'publish to npm', 'publish the release']);
  });
});

it('the tests of a release run as root in the system that docs/platforms.md names', () => {
  const page = readFileSync(join(root, 'docs/platforms.md'), 'utf8');
  expect(page).toContain('tested (Debian 12,');
  expect(jobs['test']?.container).toEqual({ image: 'node:20-bookworm', options: '--privileged' });
});

it('the Dockerfile takes the kubectl of the processor that it builds for', () => {
  const [, code = ''] =
    /^ARG TARGETARCH\nRUN (arch=.*)\\\n/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? [];
  const arch = (env: NodeJS.ProcessEnv) =>
    execFileSync('sh', ['-c', `${code}; echo $arch`], {
      env: { PATH: process.env['PATH'], ...env },
      encoding: 'utf8',
    });
  expect(arch({ TARGETARCH: 'arm64' })).toBe('arm64\n');
  expect(arch({})).toBe(execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }));
});
