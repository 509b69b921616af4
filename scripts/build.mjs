/** Bundles the program and its start script, and writes oclif's manifest of commands. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build, transform } from 'esbuild';
import { beginBuild } from './built.mjs';
import { writeBundledPackages } from './bundled-packages.mjs';
import {
  deferBuiltins,
  deferDebug,
  deferOclif,
  deferPackage,
  plainPlatform,
  setAside,
  setAsideSource,
} from './deferred-requires.mjs';
import { libraryBuild, SMALL } from './library-build.mjs';
import { writeManPages } from './man.mjs';
import { buildPage } from './page-build.mjs';
import { checkScripts, commonJs, joinScripts } from './program-scripts.mjs';
import { sourceCommit } from './source-commit.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const ids = readdirSync(join(root, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
const shared = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node20.19' };

const end = beginBuild(root);
// types/ stays, because npm builds again after `prepack` has written it; the rest of dist/ is overwritten.
for (const folder of ['program', 'code']) rmSync(join(dist, folder), { recursive: true, force: true });
for (const file of existsSync(dist) ? readdirSync(dist) : [])
  if (/^library.*\.js$/.test(file)) rmSync(join(dist, file));
rmSync(join(root, 'oclif.manifest.json'), { force: true });

// oclif uses them to look for plugins on the disk, and for its spinner on a terminal.
const RARE = ['tinyglobby', 'minimatch', 'semver', 'lilconfig', 'get-package-type', 'cli-spinners'];

// The SDK has all of zod. With a copy of its own, what others need of zod stays small.
const MCP_SDK = ['@modelcontextprotocol/server', '@modelcontextprotocol/server/stdio', 'zod/v4/core'];

const scripts = {
  ...shared,
  outdir: join(dist, 'program'),
  outExtension: { '.js': '.cjs' },
  write: false,
  metafile: true,
};
// One script per command and per shared part, so that a command loads only what it needs.
const program = await build({
  ...scripts,
  entryPoints: ['src/cli/start/main.ts', 'src/sync/script-api/shell-code.ts'],
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  format: 'esm',
  splitting: true,
  external: ['typescript', 'libsql'],
  plugins: [
    deferOclif,
    deferDebug,
    plainPlatform,
    setAside(RARE, 'rare.cjs'),
    setAside(MCP_SDK, 'mcp-sdk.cjs'),
    deferBuiltins(['crypto', 'child_process', 'fs/promises', 'net', 'os', 'tty', 'zlib']),
    deferPackage('yaml', 'yaml.cjs'),
  ],
  define: {
    'import.meta.dirname': '__dirname',
    COMMIT: JSON.stringify(sourceCommit(root)) ?? 'undefined',
    // package.json requires a newer Node than oclif, and oclif's check would load a parser of versions.
    'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"',
  },
});
const yaml = await build({
  ...scripts,
  stdin: { contents: "module.exports = require('yaml');", sourcefile: 'yaml', resolveDir: root },
  entryNames: 'yaml',
  format: 'cjs',
});
const rare = await build({
  ...scripts,
  stdin: { contents: setAsideSource(RARE), sourcefile: 'rare', resolveDir: root },
  entryNames: 'rare',
  format: 'cjs',
});
const mcpSdk = await build({
  ...scripts,
  stdin: { contents: setAsideSource(MCP_SDK), sourcefile: 'mcp-sdk', resolveDir: root },
  entryNames: 'mcp-sdk',
  format: 'cjs',
});
// What few runs need of the start.
const ofStart = await build({
  ...scripts,
  entryPoints: ['src/cli/start/keep-code.ts', 'src/cli/start/version-line.ts'],
  entryNames: '[name]',
  format: 'cjs',
});
const outputs = {
  ...program.metafile.outputs,
  ...yaml.metafile.outputs,
  ...rare.metafile.outputs,
  ...mcpSdk.metafile.outputs,
  ...ofStart.metafile.outputs,
};
// These are optional: oclif uses them to run plugins from source and to search for files, the SQLite driver looks for either library.
const MAY_MISS = new Set(['typescript', 'picomatch', 'libsql', 'node:sqlite']);
const made = new Set(Object.keys(outputs).map((path) => `./${basename(path)}`));
const missing = Object.values(outputs)
  .flatMap(({ imports }) => imports)
  .filter(({ path, external }) => external && !isBuiltin(path) && !made.has(path) && !MAY_MISS.has(path))
  .map(({ path }) => path);
if (missing.length > 0)
  throw new Error(`the program would ask for what is not part of it: ${[...new Set(missing)].join(', ')}`);
/**
 * Modules that usually run together: each group is one file, with the scripts that it needs and that no group before it
 * has. Opening a small script and its compiled code takes longer than running it.
 */
const TOGETHER = [
  ['src/cli/start/main.ts'],
  [
    'src/cli/base/base-command.ts',
    'src/cli/base/read-command.ts',
    'src/cli/input/assignments.ts',
    'src/app/open/subjects.ts',
    'src/setup/git-driver.ts',
    // The server has the last two as well.
    'src/commands/get.ts',
    'src/app/read/read-value.ts',
    'src/cli/render/json/state-json.ts',
  ],
  [
    'src/cli/base/write-command.ts',
    'src/commands/push-event.ts',
    'src/store/publish/publish-run.ts',
    'src/model/secret/find-secrets.ts',
  ],
];
const names = Object.keys(outputs);
const scriptOf = (module) =>
  names.find((name) => outputs[name].entryPoint === module) ??
  names.find((name) => Object.hasOwn(outputs[name].inputs, module));
const texts = new Map(program.outputFiles.map(({ path, text }) => [basename(path), text]));
checkScripts(texts, new Map(names.map((name) => [basename(name), outputs[name]])));
const sources = new Map(names.map((name) => [basename(name), Object.keys(outputs[name].inputs)]));
const fileOf = {};
const taken = new Set();
for (const modules of TOGETHER) {
  const file = basename(scriptOf(modules[0]));
  // A module and what it needs are one script: if the module runs, all of it does.
  for (const module of modules) {
    const members = [];
    const add = (name) => {
      if (taken.has(name)) return;
      taken.add(name);
      members.push(basename(name));
      for (const { path, kind, external } of outputs[name].imports)
        if (kind === 'import-statement' && !external) add(path);
    };
    add(scriptOf(module));
    if (members.length === 0) continue;
    const [script] = members;
    fileOf[script] = file;
    sources.set(
      script,
      members.flatMap((member) => sources.get(member)),
    );
    if (members.length > 1) await joinScripts(texts, members, shared);
  }
}
const written = { target: shared.target, supported: { 'dynamic-import': false }, ...SMALL };
for (const [script, text] of texts) texts.set(script, await commonJs(text, written));
for (const { path, text } of [yaml, rare, mcpSdk, ofStart].flatMap(({ outputFiles }) => outputFiles))
  texts.set(basename(path), (await transform(text, written)).code);
// CommonJS, because V8 caches compiled code of scripts, not of modules.
mkdirSync(join(dist, 'program'), { recursive: true });
const files = {};
for (const [script, code] of texts) {
  const name = fileOf[script] ?? script;
  files[name] ??= { sources: [], scripts: [] };
  const file = files[name];
  file.sources.push(script, ...sources.get(script));
  // The start reads one byte a character. esbuild leaves regular expressions as they are.
  const ascii = code.replace(
    /[^\0-\x7f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  file.scripts.push(`"${script}": (function (module, require, __dirname) {${ascii}\n})`);
}
const hash = createHash('sha256');
for (const [name, { sources, scripts }] of Object.entries(files)) {
  // The first line tells readers of a stack trace, and tests, which scripts a file contains, each with its sources.
  const text = `// ${sources.join(' ')}\n({${scripts.join(',\n')}})`;
  hash.update(name).update(text);
  writeFileSync(join(dist, 'program', name), text);
}
const start = await build({
  ...shared,
  entryPoints: ['src/cli/start/start.ts'],
  outfile: join(dist, 'start.cjs'),
  metafile: true,
  format: 'cjs',
  // It is compiled on every run.
  ...SMALL,
  define: {
    PROGRAM_ID: JSON.stringify(hash.digest('hex').slice(0, 16)),
    VERSION: JSON.stringify(`${name}/${version}`),
    COMMANDS: JSON.stringify(ids),
    FILE_OF: JSON.stringify(fileOf),
  },
});
const library = await build({ ...libraryBuild, metafile: true });
const page = await buildPage(root);
const bundles = [program, yaml, rare, mcpSdk, ofStart, start, library].map(({ metafile }) => metafile);
writeBundledPackages(root, [...bundles, ...page.metafiles]);

const built = createRequire(import.meta.url)('../dist/start.cjs').program();
/** Lists the program's own commands instead of searching for them. */
class BuiltPlugin extends Plugin {
  async getCommandIDs() {
    return ids;
  }

  findCommand(id) {
    return built.loadCommand(id, this);
  }
}
// With the manifest oclif need not load every command to find one.
const plugin = new BuiltPlugin({ root, ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest)}\n`);
// What the start must know of all commands; parsing the whole manifest takes as long as reading a repository.
const valued = Object.entries(plugin.manifest.commands).map(([id, { flags }]) => {
  const options = Object.entries(flags).filter(([, { type }]) => type === 'option');
  const known = options.map(([name, { type, char, aliases }]) => [name, { type, char, aliases }]);
  // A text in itself: a run parses those of one command.
  return [id, JSON.stringify(Object.fromEntries(known))];
});
writeFileSync(join(dist, 'commands.json'), `${JSON.stringify(Object.fromEntries(valued))}\n`);
const manCount = await writeManPages(root);
end();
if (!process.argv.includes('--quiet'))
  process.stdout.write(
    `dist: ${Object.keys(files).length} files, ${ids.length} commands, page of ${(page.bytes / 1024).toFixed(1)} KB, ${manCount} manual pages\n`,
  );
