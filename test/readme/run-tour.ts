import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { readObject, SAMPLES_NOW } from '../support/api-server/objects.js';
import { startApiServer } from '../support/api-server/server.js';

/** What the user's home is called in what the tour shows. */
const SHOWN_HOME = '/home/ada';
const STEP_MS = 20_000;
/** The clusters that k0rdent has in the tour. */
const CLUSTERS = ['cld-01-azure-healthy.yaml', 'cld-23-aws-initial-unknown.yaml'];

/** Random ids in their order of appearance, so that the same tour always reads the same. */
class StableIds {
  readonly #known = new Map<string, string>();

  replace(text: string): string {
    return text
      .replace(
        /\b([0-9A-HJKMNP-TV-Z]{10})([0-9A-HJKMNP-TV-Z]{16})\b/g,
        (_, time, random) => time + this.#stand(random, 16).toUpperCase(),
      )
      .replace(/(?<=[ @])[0-9a-f]{7,40}\b/g, (id) => this.#stand(id.slice(0, 7), id.length));
  }

  #stand(id: string, length: number): string {
    const known = this.#known.get(id) ?? createHash('sha1').update(`tour ${this.#known.size}`).digest('hex');
    this.#known.set(id, known);
    return known.slice(0, length);
  }
}

interface Place {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A home folder with kgit on its PATH, a bare repository as the team's server, and the sample legacy folder. */
function layOutHome(root: string, kubeconfig: string): Place {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'kgit-tour-')));
  mkdirSync(join(home, 'bin'));
  mkdirSync(join(home, 'git'));
  symlinkSync(join(root, 'bin/run.js'), join(home, 'bin/kgit'));
  cpSync(join(root, 'examples/legacy-state'), join(home, 'legacy-state'), { recursive: true });
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = ada\n\temail = ada@example.com\n');
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CI|KGIT_|XDG_|GIT_)/.test(name)),
  );
  const env = {
    ...clean,
    HOME: home,
    PATH: `${join(home, 'bin')}:${process.env['PATH']}`,
    NODE_OPTIONS: `--import=${join(root, 'test/readme/fixed-clock.mjs')}`,
    KUBECONFIG: kubeconfig,
    GIT_CONFIG_NOSYSTEM: '1',
    TZ: 'UTC',
    NO_COLOR: '1',
  };
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(home, 'git/state.git')], {
    env,
  });
  return { home, env };
}

/** Runs one line in bash and gives what a terminal would show, with the folder that it ended in. */
async function runLine(
  line: string,
  cwd: string,
  env: Place['env'],
): Promise<{ shown: string; cwd: string }> {
  const script = `exec 2>&1\n${line}\ncode=$?\npwd >&3\nexit $code`;
  // Not spawnSync: the API server that kubectl asks lives in this process.
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const [shown, folder, [code]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stdio[3] as Readable),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { shown: code === 0 ? shown : `${shown}[exit code ${code}]\n`, cwd: folder.trim() || cwd };
}

/** The tour of `test/readme/tour.md` with what its commands print, run by the built program in `root`. */
export async function renderTour(root: string): Promise<string> {
  const objects = join(root, 'test/k0rdent/objects');
  const server = await startApiServer({
    clusters: CLUSTERS.map((file) => readObject(objects, file)),
    managements: [readObject(objects, 'mgmt-01-healthy.yaml')],
  });
  const { home, env } = layOutHome(root, server.kubeconfig);
  try {
    const ids = new StableIds();
    const out: string[] = [];
    let cwd = home;
    let now = SAMPLES_NOW.getTime();
    for (const line of readFileSync(join(root, 'test/readme/tour.md'), 'utf8').trimEnd().split('\n')) {
      out.push(line);
      if (!line.startsWith('$ ')) continue;
      now += STEP_MS;
      const step = await runLine(line.slice(2), cwd, { ...env, TOUR_NOW: String(now) });
      cwd = step.cwd;
      out.push(...ids.replace(step.shown.replaceAll(home, SHOWN_HOME)).trimEnd().split('\n'));
    }
    return out.join('\n');
  } finally {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
