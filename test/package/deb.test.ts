import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/git-fixtures.js';
import {
  complaints,
  documented,
  type Environment,
  expectKeptCode,
  newUser,
  packedTarball,
  removal,
  root,
  run,
  version,
} from './packed.js';

const NAME = `kgit_${version}_all.deb`;
/** What may change the owner of files: root, and others in a user namespace. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ['unshare', '--user', '--map-root-user'];
/** The folder has no shell, so that dpkg runs the scripts of the package here. */
const CHROOTLESS = '--force-script-chrootless';

let deb: string;

/** Builds the package, and returns its path. */
function build(tarball: string, umask: string): string {
  const { home, env } = newUser();
  const script = `umask ${umask}; exec "$0" ${root}/packaging/deb/build.mjs "$1"`;
  const maintainer = { DEBFULLNAME: 'Ada Lovelace', DEBEMAIL: 'ada@k0rdent.io' };
  run('sh', ['-c', script, process.execPath, tarball], home, { ...env, ...maintainer });
  return join(home, NAME);
}

/** A root folder for dpkg, where Node.js and git are installed in these versions. */
function debianRoot(nodejs: string, git: string): string {
  const folder = temporaryFolder('kgit-debian-');
  const admin = join(folder, 'var/lib/dpkg');
  for (const name of ['info', 'updates', 'triggers']) mkdirSync(join(admin, name), { recursive: true });
  const stanza = (name: string, of: string) =>
    `Package: ${name}\nStatus: install ok installed\nMaintainer: Debian\nArchitecture: all\nVersion: ${of}\nDescription: ${name}\n`;
  writeFileSync(join(admin, 'status'), `${stanza('nodejs', nodejs)}\n${stanza('git', git)}`);
  return folder;
}

/** dpkg looks for programs of its own where users other than root do not look. */
const withSbin = (path: string | undefined) => `${path}:/usr/sbin:/sbin`;

function dpkg(folder: string, ...args: string[]): string {
  const options = ['--root', folder, CHROOTLESS, '--log=/dev/null'];
  const [program = 'dpkg', ...rest] = [...AS_ROOT, 'dpkg', ...options, ...args];
  const env = { ...process.env, PATH: withSbin(process.env['PATH']) };
  return run(program, rest, root, env);
}

/** An environment in which apt-get installs into such a root, and sudo asks nobody. */
function aptOf(folder: string, env: Environment): Environment {
  const bin = temporaryFolder();
  writeFileSync(join(bin, 'sudo'), `#!/bin/sh\nexec ${AS_ROOT.join(' ')} "$@"\n`, { mode: 0o755 });
  for (const name of ['var/lib/apt/lists/partial', 'var/cache/apt/archives/partial', 'var/log/apt'])
    mkdirSync(join(folder, name), { recursive: true });
  const settings = {
    'Dir::State': `${folder}/var/lib/apt`,
    'Dir::State::status': `${folder}/var/lib/dpkg/status`,
    'Dir::Cache': `${folder}/var/cache/apt`,
    'Dir::Log': `${folder}/var/log/apt`,
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': '/dev/null',
    'APT::Sandbox::User': 'root',
    'APT::Get::Assume-Yes': 'true',
    'DPkg::Pre-Install-Pkgs': '',
    'DPkg::Options::root': `--root=${folder}`,
    'DPkg::Options::scripts': CHROOTLESS,
  };
  const config = join(bin, 'apt.conf');
  writeFileSync(
    config,
    Object.entries(settings)
      .map(([name, value]) => `${name} "${value}";\n`)
      .join(''),
  );
  return { ...env, APT_CONFIG: config, PATH: `${bin}:${withSbin(env['PATH'])}` };
}

/** What lies in a root beside the records of dpkg. */
const installed = (folder: string) => readdirSync(folder).filter((name) => name !== 'var');
const gitVersion = run('git', ['version'], root, process.env).replace(/^git version (\S+)\s*$/, '1:$1');
const sum = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

beforeAll(() => {
  const tarball = packedTarball();
  deb = build(tarball, '022');
  // Built anew under other circumstances, it is the same.
  expect(sum(build(tarball, '077'))).toBe(sum(deb));
});

describe('the Debian package', () => {
  it('is installed as docs/install.md has it, runs, and leaves nothing when it is removed', () => {
    const system = debianRoot(process.versions.node, gitVersion);
    const { home, env: own } = newUser();
    const env: Environment = {
      ...own,
      PATH: `${join(system, 'usr/bin')}:${process.env['PATH']}`,
      MANPATH: join(system, 'usr/share/man'),
    };
    copyFileSync(deb, join(home, NAME));
    const shown = run('sh', ['-ec', documented('debian')], home, aptOf(system, env));
    expect(shown).toMatch(new RegExp(`^kgit/${version} `, 'm'));
    expect(shown).toContain('KGIT-PUSH-EVENT(1)');
    // A first run of a user takes what the installation compiled.
    expectKeptCode(join(system, 'usr/lib/kgit'));
    expect(existsSync(join(home, '.cache/kgit/code'))).toBe(false);
    expect(dpkg(system, '--status', 'kgit')).toContain('Status: install ok installed');
    expect(dpkg(system, '--verify', 'kgit')).toBe('');
    expect(run('sh', ['-c', 'command -v kgit'], home, env).trim()).toBe(join(system, 'usr/bin/kgit'));
    expect(run('kgit', ['--version'], home, env)).toContain(`kgit/${version} `);
    expect(run('kubectl', ['kgit', '--version'], home, env)).toContain(`kgit/${version} `);
    run('kgit', ['init', 'state'], home, env);
    const event = ['push-event', 'backup_done', '--deployment', 'dep-a', '--create', '--user', 'ada'];
    run('kgit', [...event, '--repo', 'state'], home, env);
    expect(run('kgit', ['log', '--repo', 'state'], home, env)).toContain('backup_done');
    // Neither has any of these runs asked git for its version, nor compiled a command that everybody uses.
    const cache = readdirSync(join(home, '.cache/kgit'), { recursive: true, encoding: 'utf8' });
    expect(cache.sort()).toEqual(['code', expect.stringMatching(/-init$/)]);

    const page = gunzipSync(readFileSync(join(system, 'usr/share/man/man1/kgit-push-event.1.gz')));
    expect(execFileSync('mandoc', ['-Tascii'], { input: page, encoding: 'utf8' })).toContain(
      'KGIT-PUSH-EVENT(1)',
    );
    const shells = [
      ['bash', `. "$0" && complete -p kgit`, 'bash-completion/completions/kgit'],
      [
        'zsh',
        `autoload -U compinit && compinit -D && . "$0" && echo $_comps[kgit]`,
        'zsh/vendor-completions/_kgit',
      ],
      ['fish', `source $argv[1]; and complete -c kgit`, 'fish/vendor_completions.d/kgit.fish'],
    ] as const;
    for (const [shell, code, file] of shells)
      expect(run(shell, ['-c', code, join(system, 'usr/share', file)], home, env), shell).toContain('kgit');

    // Another Node.js has come.
    const code = join(system, 'usr/lib/kgit/dist/code');
    rmSync(join(code, readdirSync(code)[0] as string));
    run(
      'dpkg-trigger',
      ['--admindir', join(system, 'var/lib/dpkg'), '--by-package=nodejs', '/usr/bin/node'],
      home,
      env,
    );
    dpkg(system, '--triggers-only', 'kgit');
    expectKeptCode(join(system, 'usr/lib/kgit'));

    run('sh', ['-ec', removal('Debian')], home, aptOf(system, env));
    expect(installed(system)).toEqual([]);
    expect(readFileSync(join(system, 'var/lib/dpkg/status'), 'utf8')).not.toContain('Package: kgit');
  });

  it('of a pre-release has a name that GitHub keeps, and is older than the release', () => {
    const folder = temporaryFolder();
    for (const file of ['bin/run.js', 'dist/man/kgit.1', 'CHANGELOG.md', 'LICENSE', 'package.json']) {
      mkdirSync(dirname(join(folder, 'package', file)), { recursive: true });
      writeFileSync(
        join(folder, 'package', file),
        file === 'package.json' ? '{"version": "1.0.0-rc.1"}' : '',
      );
    }
    run('tar', ['-czf', 'kgit.tgz', 'package'], folder, process.env);
    const script = join(root, 'packaging/deb/build.mjs');
    expect(run(process.execPath, [script, 'kgit.tgz'], folder, process.env)).toMatch(
      /^kgit_1\.0\.0-rc\.1_all\.deb /,
    );
    const field = ['-f', 'kgit_1.0.0-rc.1_all.deb', 'Version'];
    const own = run('dpkg-deb', field, folder, process.env).trim();
    run('dpkg', ['--compare-versions', own, 'lt', '1.0.0'], folder, process.env);
  });

  it('is not installed beside a Node.js that is too old for it', () => {
    const system = debianRoot('18.20.4+dfsg-1~deb12u1', gitVersion);
    expect(() => dpkg(system, '--install', deb)).toThrow('nodejs (>= 20.19)');
  });

  it('has nothing that lintian complains of', () => {
    expect(complaints('lintian', ['--allow-root', '--fail-on', 'error,warning', deb])).toBe('');
  });
});
