#!/usr/bin/env node
// Prints the krew manifest of a release.
// usage: packaging/krew/manifest.mjs TARBALL URI    TARBALL is what `npm pack` made, URI the place where krew will find it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [tarball, uri] = process.argv.slice(2);
if (tarball === undefined || !/^https:\/\/[^\s"]+$/.test(uri ?? '')) {
  process.stderr.write('usage: packaging/krew/manifest.mjs TARBALL https://…/kgit-VERSION.tgz\n');
  process.exit(2);
}
const { version } = JSON.parse(
  execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }),
);
const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
const values = { version: `v${version}`, uri, sha256: JSON.stringify(sha256) };
const lines = readFileSync(new URL('kgit.yaml', import.meta.url), 'utf8')
  .split('\n')
  .slice(1);
const filled = lines.map((line) => {
  const [, before, field] = /^( +)(version|uri|sha256): /.exec(line) ?? [];
  return field === undefined ? line : `${before}${field}: ${values[field]}`;
});
process.stdout.write(filled.join('\n'));
