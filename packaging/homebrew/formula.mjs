/**
 * Prints the formula of Homebrew for a tarball of npm: `node packaging/homebrew/formula.mjs TARBALL [URL]`. URL is where
 * users fetch the tarball from; if left out, the file itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [tarball, url] = process.argv.slice(2);
if (tarball === undefined) {
  process.stderr.write('usage: node packaging/homebrew/formula.mjs TARBALL [URL]\n');
  process.exit(2);
}
const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
const address = new URL(url ?? pathToFileURL(resolve(tarball))).href;
// What Ruby would read in a string: it is left out of every URL that users can fetch.
if (/["#\\]/.test(address)) throw new Error(`a formula cannot have the URL ${address}`);
// A release is below the page of its repository.
const [homepage = '', release] = address.split('/releases/');
const formula = readFileSync(new URL('kgit.rb', import.meta.url), 'utf8')
  .replace(/^# .*\n/, '')
  .replace(/^ {2}homepage .*\n/m, release === undefined ? '' : `  homepage "${homepage}"\n`)
  .replace('@URL@', address)
  .replace('@SHA256@', sha256);
process.stdout.write(formula);
