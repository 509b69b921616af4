import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GIT_FLOOR } from '../../src/gitstore/repository/repository.js';
import { temporaryFolder } from '../support/git-fixtures.js';

const root = join(import.meta.dirname, '../..');
const script = join(root, 'packaging/krew/manifest.mjs');
const { bin, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function manifest(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

describe('the krew manifest', () => {
  // Another version than that of the checkout.
  const version = '9.8.7-rc.1';
  const folder = temporaryFolder();
  const tarball = join(folder, 'kgit.tgz');
  const uri = `https://example.org/kgit-${version}.tgz`;
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ version }));
  execFileSync('tar', ['-czf', tarball, '-C', folder, 'package']);
  const { code, stdout } = manifest(tarball, uri);

  it('names the version, the address and the sum of an archive', () => {
    expect(code).toBe(0);
    const { spec } = parse(stdout);
    expect(spec.version).toBe(`v${version}`);
    expect(spec.platforms).toMatchObject([
      { uri, sha256: createHash('sha256').update(readFileSync(tarball)).digest('hex') },
    ]);
  });

  it('follows the rules of krew', () => {
    // Those of validate.go of krew 0.4.
    const { apiVersion, kind, metadata, spec } = parse(stdout);
    expect({ apiVersion, kind, metadata }).toEqual({
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'kgit' },
    });
    expect(spec.shortDescription).toMatch(/^[^\r\n]{1,50}$/);
    const [{ selector, files, sha256 }] = spec.platforms;
    expect(selector.matchExpressions).toEqual([{ key: 'os', operator: 'In', values: ['linux', 'darwin'] }]);
    expect(sha256).toMatch(/^[a-f0-9]{64}$/);
    // npm puts everything into this folder.
    expect(files).toEqual([{ from: 'package/*', to: '.' }]);
  });

  it('starts what npm installs as kubectl-kgit, and says what it needs', () => {
    const { spec } = parse(stdout);
    expect(spec.platforms[0].bin).toBe(bin['kubectl-kgit']);
    expect(spec.caveats).toContain(`node ${engines.node.replace('>=', '')} or later`);
    expect(spec.caveats).toContain(`git ${GIT_FLOOR} or later`);
  });

  it('takes https alone', () => {
    for (const args of [[tarball], [tarball, 'http://example.org/kgit.tgz'], [tarball, `${uri}\n- x`], []])
      expect(manifest(...args)).toMatchObject({ code: 2, stdout: '' });
  });
});
