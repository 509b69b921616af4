/**
 * Builds the Debian package from the tarball of npm, with `dpkg-deb` alone: `npm run package:deb [TARBALL]`. Without a
 * tarball it packs one. Writes kgit_VERSION_all.deb to the current folder and prints its name and size; VERSION is that of
 * npm, because GitHub renames files with a `~`. Two builds of one tarball and commit are the same, byte for byte.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { sourceDate } from '../../scripts/source-commit.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
/** The time of every file in a tarball of npm, where neither SOURCE_DATE_EPOCH nor a commit tells another. */
const TIME_OF_NPM = 499_162_500;
const SHELLS = {
  bash: 'usr/share/bash-completion/completions/kgit',
  zsh: 'usr/share/zsh/vendor-completions/_kgit',
  fish: 'usr/share/fish/vendor_completions.d/kgit.fish',
};
/** Commands, each with its script in the package. */
const COMMANDS = {
  kgit: 'run.js',
  'kubectl-kgit': 'run.js',
  'kubectl_complete-kgit': 'kubectl-complete.js',
};

/** Runs a program and returns what it printed. Throws Error if it fails. */
function run(program, args, options = {}) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (error) throw new Error(`${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${stderr ?? ''}`);
  return stdout;
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** The files, folders and links below a folder, by path, in one order. */
function below(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Moves the manual pages to where `man` looks for them. */
function manualPages(stage, program) {
  const from = join(program, 'dist/man');
  const folder = join(stage, 'usr/share/man/man1');
  for (const name of readdirSync(from))
    write(join(folder, `${name}.gz`), gzipSync(readFileSync(join(from, name)), { level: 9 }));
  rmSync(from, { recursive: true });
  for (const name of Object.keys(COMMANDS))
    if (name !== 'kgit') symlinkSync('kgit.1.gz', join(folder, `${name}.1.gz`));
}

function completions(stage, program, scratch) {
  const env = { ...process.env, HOME: scratch, XDG_CACHE_HOME: scratch };
  for (const [shell, path] of Object.entries(SHELLS))
    write(
      join(stage, path),
      run(process.execPath, [join(program, 'bin/run.js'), 'completion', shell], { cwd: scratch, env }),
    );
}

function documentation(stage, program, { version, maintainer, seconds }) {
  const folder = join(stage, 'usr/share/doc/kgit');
  const date = `${new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')}`;
  const entry = `kgit (${version}) unstable; urgency=medium\n\n  * Release ${version}: CHANGELOG.md.gz tells what changed.\n\n -- ${maintainer}  ${date}\n`;
  write(join(folder, 'changelog.gz'), gzipSync(entry, { level: 9 }));
  write(join(folder, 'CHANGELOG.md.gz'), gzipSync(readFileSync(join(program, 'CHANGELOG.md')), { level: 9 }));
  write(join(folder, 'copyright'), readFileSync(join(here, 'copyright')));
  // Help and messages name the pages by their place in the package.
  symlinkSync('../../../lib/kgit/docs', join(folder, 'docs'));
  // Debian has both of them elsewhere.
  for (const name of ['CHANGELOG.md', 'LICENSE']) rmSync(join(program, name));
}

/** Scripts that dpkg runs: they keep compiled code for all users, and remove it. */
const MAINTAINER_SCRIPTS = ['postinst', 'prerm'];

/** Writes the control files: sizes and sums are of what is installed. */
function control(stage, { version, maintainer }) {
  const installed = below(stage);
  const files = installed.filter(({ entry }) => entry.isFile());
  const kib = installed.reduce(
    (sum, { entry, path }) => sum + (entry.isFile() ? Math.ceil(statSync(path).size / 1024) : 1),
    0,
  );
  const fields = { VERSION: version, MAINTAINER: maintainer, SIZE: kib };
  const text = readFileSync(join(here, 'control'), 'utf8').replace(/@(\w+)@/g, (_all, name) =>
    String(fields[name]),
  );
  const sums = files.map(({ path }) => {
    const md5 = createHash('md5').update(readFileSync(path)).digest('hex');
    return `${md5}  ${path.slice(stage.length + 1)}\n`;
  });
  write(join(stage, 'DEBIAN/control'), text);
  write(join(stage, 'DEBIAN/md5sums'), sums.join(''));
  for (const name of ['triggers', ...MAINTAINER_SCRIPTS])
    write(join(stage, 'DEBIAN', name), readFileSync(join(here, name)));
}

/** Sets the modes that Debian wants, whatever the umask is. */
function modes(stage, program) {
  const scripts = MAINTAINER_SCRIPTS.map((name) => join(stage, 'DEBIAN', name));
  const isProgram = (path) =>
    scripts.includes(path) || (path.startsWith(join(program, 'bin/')) && !path.endsWith('package.json'));
  chmodSync(stage, 0o755);
  for (const { entry, path } of below(stage))
    if (!entry.isSymbolicLink()) chmodSync(path, entry.isDirectory() || isProgram(path) ? 0o755 : 0o644);
}

/** Packs the program, as it is in this checkout. */
function packed(folder) {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', `--pack-destination=${folder}`], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  return join(folder, filename);
}

const scratch = mkdtempSync(join(tmpdir(), 'kgit-deb-'));
try {
  const tarball = process.argv[2] === undefined ? packed(scratch) : resolve(process.argv[2]);
  const stage = join(scratch, 'stage');
  const program = join(stage, 'usr/lib/kgit');
  mkdirSync(dirname(program), { recursive: true });
  run('tar', ['--extract', '--gzip', '--no-same-owner', '--file', tarball, '--directory', scratch]);
  renameSync(join(scratch, 'package'), program);
  const { version: npmVersion } = JSON.parse(readFileSync(join(program, 'package.json'), 'utf8'));
  const { DEBFULLNAME: name = 'kgit maintainers', DEBEMAIL: email = 'kgit@localhost' } = process.env;
  // `~` sorts before everything, so that 1.0.0~rc.1 is older than 1.0.0.
  const about = {
    version: npmVersion.replace('-', '~'),
    maintainer: `${name} <${email}>`,
    seconds: sourceDate(root) ?? TIME_OF_NPM,
  };
  mkdirSync(join(stage, 'usr/bin'));
  for (const [command, script] of Object.entries(COMMANDS))
    symlinkSync(`../lib/kgit/bin/${script}`, join(stage, 'usr/bin', command));
  manualPages(stage, program);
  completions(stage, program, scratch);
  documentation(stage, program, about);
  control(stage, about);
  modes(stage, program);
  const deb = resolve(`kgit_${npmVersion}_all.deb`);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(about.seconds) };
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', stage, deb], { env });
  process.stdout.write(`${basename(deb)} ${statSync(deb).size} bytes\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
