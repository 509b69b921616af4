/**
 * Counts the secrets of the held-out lists that kgit's guard finds and the harmless texts that it refuses, compared with
 * gitleaks if it is on PATH: `node scripts/secret-rates.mjs`; `--names` lists what each gets wrong.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const lists = pathToFileURL(join(root, 'test/model/secret/held-out/'));
const outdir = join(root, 'node_modules/.cache/kgit/secret-rates');
await build({
  absWorkingDir: root,
  entryPoints: { guard: 'src/model/secret/find-secrets.ts', texts: 'test/model/secret/held-out/texts.ts' },
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'error',
  packages: 'external',
  outExtension: { '.js': '.mjs' },
});
const load = (name) => import(pathToFileURL(join(outdir, `${name}.mjs`)).href);
const [{ findSecrets }, { heldOut }] = [await load('guard'), await load('texts')];

/** The texts in which gitleaks finds something; null if it does not run. */
function byGitleaks(texts) {
  const folder = mkdtempSync(join(tmpdir(), 'kgit-rates-'));
  try {
    const source = join(folder, 'texts');
    mkdirSync(source);
    texts.forEach(({ place, text }, i) => {
      writeFileSync(join(source, `${i}.${place === 'state' ? 'yaml' : 'txt'}`), `${text}\n`);
    });
    const report = join(folder, 'report.json');
    const args = [
      'dir',
      source,
      '--report-format=json',
      `--report-path=${report}`,
      '--redact',
      '--exit-code=0',
    ];
    if (spawnSync('gitleaks', args, { stdio: 'ignore' }).status !== 0) return null;
    const files = JSON.parse(readFileSync(report, 'utf8')).map(({ File }) => File);
    return texts.filter((_, i) => files.some((file) => /(\d+)\.\w+$/.exec(file)?.[1] === String(i)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const byKgit = (texts) =>
  texts.filter(
    ({ place, value }) => findSecrets(value, place === 'state' ? ['deployment'] : [place]).length > 0,
  );

const share = (some, all) =>
  `${some.length} of ${all.length} (${((100 * some.length) / all.length).toFixed(1)} %)`;

for (const suffix of ['', '-unseen']) {
  const [secrets, harmless] = [heldOut(`secrets${suffix}`, lists), heldOut(`harmless${suffix}`, lists)];
  console.log(`secrets${suffix}.txt and harmless${suffix}.txt`);
  for (const [tool, find] of Object.entries({ kgit: byKgit, gitleaks: byGitleaks })) {
    const [found, refused] = [find(secrets), find(harmless)];
    if (found === null || refused === null) {
      console.log(`  ${tool}: not on PATH`);
      continue;
    }
    console.log(`  ${tool}: found ${share(found, secrets)}, false alarms ${share(refused, harmless)}`);
    if (!process.argv.includes('--names')) continue;
    for (const { name } of secrets.filter((text) => !found.includes(text)))
      console.log(`    missed: ${name}`);
    for (const { name } of refused) console.log(`    false alarm: ${name}`);
  }
}
