/** Says which packages of npm the built program contains: as a bill of materials, and with the texts of their licences. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sourceDate } from './source-commit.mjs';

/** Up to the name of the innermost package that a file belongs to. What a plugin wrote begins with its namespace. */
const PACKAGE = /^(?![\w-]+:).*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** Files with a licence, or with notices that it demands to be passed on. */
const LICENCE_FILE = /^(licen[cs]e|copying|notice)\b/i;

/** The text of a package's licence: its own files, or else ours, of the upstream repository. Throws Error if there is none. */
function licenceText(root, folder, name) {
  const own = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const files = own.map((file) => join(folder, file));
  if (files.length === 0) files.push(join(root, 'scripts/licenses', `${name}.txt`));
  return files.map((file) => readFileSync(file, 'utf8').trim()).join('\n\n');
}

/**
 * Returns the packages whose code is in the outputs of these metafiles of esbuild, by name and version. Throws Error if
 * one has no licence.
 */
function bundledPackages(root, metafiles) {
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    );
  // Several packages may have a copy of one.
  const packages = new Map();
  for (const relative of new Set(inputs.flatMap((path) => PACKAGE.exec(path) ?? []))) {
    const folder = resolve(root, relative);
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof license !== 'string') throw new Error(`${name} ${version} names no licence`);
    packages.set(`${name} ${version}`, { name, version, license, text: licenceText(root, folder, name) });
  }
  return [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The address of a package, by https://github.com/package-url/purl-spec. */
const purl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

function component(type, { name, version, license }) {
  const [group, own = group] = name.split(/\/(?=[^/]*$)/);
  const licences = /^[\w.-]+$/.test(license) ? { license: { id: license } } : { expression: license };
  return {
    type,
    'bom-ref': purl({ name, version }),
    ...(own === group ? {} : { group }),
    name: own,
    version,
    licenses: [licences],
    purl: purl({ name, version }),
  };
}

/**
 * Writes `dist/sbom.cdx.json` (CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/) and `dist/THIRD-PARTY-LICENSES`. Throws
 * Error if a package has no licence.
 * @param metafiles of all that esbuild bundled
 */
export function writeBundledPackages(root, metafiles) {
  const packages = bundledPackages(root, metafiles);
  const program = component('application', JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const seconds = sourceDate(root);
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(seconds === undefined ? {} : { timestamp: new Date(seconds * 1000).toISOString() }),
      component: program,
    },
    components: packages.map((one) => component('library', one)),
    dependencies: [{ ref: program['bom-ref'], dependsOn: packages.map(purl) }],
  };
  // Packages of one author often share a text.
  const owners = new Map();
  for (const { name, version, license, text } of packages)
    owners.set(text, [...(owners.get(text) ?? []), `${name} ${version} (${license})`]);
  const line = '='.repeat(80);
  const texts = [...owners].map(([text, names]) => [line, ...names, line, '', text, '', ''].join('\n'));
  const head = 'kgit contains code of these packages, under these licences.\n\n';
  writeFileSync(join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(bill)}\n`);
  writeFileSync(join(root, 'dist/THIRD-PARTY-LICENSES'), head + texts.join(''));
}
