import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceCommit } from '../../scripts/source-commit.mjs';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitProcess } from '../support/kgit.js';
import { pathWithoutGit } from '../support/no-git.js';

const root = join(import.meta.dirname, '../..');

describe('kgit version', () => {
  it('names the commit of the build, Node, git and the platform, as --version -o json does', async () => {
    const cwd = temporaryFolder();
    const { stdout, json } = await kgitProcess(cwd, ['version', '-o', 'json']);
    expect(json).toMatchObject({
      node: process.versions.node,
      git: git(cwd, 'version').replace('git version ', '').trim(),
      platform: process.platform,
      arch: process.arch,
    });
    const built = sourceCommit(root);
    expect(json.commit?.replace('-dirty', '')).toBe(built?.replace('-dirty', ''));
    expect((await kgitProcess(cwd, ['--version', '-o', 'json'])).stdout).toBe(stdout);
    const [line, ...more] = (await kgitProcess(cwd, ['version'])).stdout.split('\n');
    expect(more).toEqual([...(built ? [`commit ${json.commit}`] : []), `git ${json.git}`, '']);
    expect((await kgitProcess(cwd, ['--version'])).stdout).toBe(`${line}\n`);
  });

  it('names an argument that it does not take', async () => {
    for (const command of ['version', 'mcp']) {
      const { code, stderr } = await kgit(temporaryFolder(), [command, '.']);
      expect({ code, message: stderr.split('\n')[0] }).toEqual({
        code: 2,
        message: 'error USAGE: Unexpected argument: .',
      });
    }
  });

  it('leaves git out where there is none', async () => {
    const { code, json } = await kgitProcess(temporaryFolder(), ['version', '-o', 'json'], {
      env: { PATH: pathWithoutGit() },
    });
    expect(code).toBe(0);
    expect(json).not.toHaveProperty('git');
    expect(json.node).toBe(process.versions.node);
  });
});

describe('the commit of a build', () => {
  it('is the one checked out, and tells changes', () => {
    const checkout = temporaryFolder();
    git(checkout, 'init', '--quiet');
    writeFileSync(join(checkout, 'file'), 'a');
    git(checkout, 'add', '.');
    git(checkout, 'commit', '--quiet', '--message=a');
    git(checkout, 'tag', 'v1.0.0');
    const head = git(checkout, 'rev-parse', 'HEAD').trim();
    expect(sourceCommit(checkout)).toBe(head);
    writeFileSync(join(checkout, 'file'), 'b');
    expect(sourceCommit(checkout)).toBe(`${head}-dirty`);
  });

  it('is not that of a repository in which an archive was unpacked', () => {
    const checkout = temporaryFolder();
    git(checkout, 'init', '--quiet');
    git(checkout, 'commit', '--quiet', '--allow-empty', '--message=a');
    mkdirSync(join(checkout, 'unpacked'));
    expect(sourceCommit(join(checkout, 'unpacked'))).toBeUndefined();
    expect(sourceCommit(temporaryFolder())).toBeUndefined();
  });
});
