import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAMPLES_NOW } from '../../src/demo/sample-clock.js';
import { runLine } from '../support/shell-line.js';

/** What the user's home and the checkout are called in what the tour shows. */
const SHOWN_HOME = '/home/ada';
/** A port of the system's choice stands in the tour as this one. */
const SHOWN_PORT = '40123';
const STEP_MS = 20_000;

/** Random ids in their order of appearance, so that the same tour always reads the same. */
class StableIds {
  readonly #known = new Map<string, string>();

  replace(text: string): string {
    return text
      .replace(
        /\b([0-9A-HJKMNP-TV-Z]{10})([0-9A-HJKMNP-TV-Z]{16})\b/g,
        (_, time, random) => time + this.#stand(random, 16).toUpperCase(),
      )
      .replace(/(?<=\b\d{1,6}-)[0-9a-f]{7,16}\b/g, (id) => this.#stand(id.slice(0, 7), id.length))
      .replace(/(?<=[ @])[0-9a-f]{7,40}\b/g, (id) => this.#stand(id.slice(0, 7), id.length));
  }

  #stand(id: string, length: number): string {
    const known = this.#known.get(id) ?? createHash('sha1').update(`tour ${this.#known.size}`).digest('hex');
    this.#known.set(id, known);
    return known.slice(0, length);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How long a command that kgit ran took: another time on each machine. */
const DURATION = /(?<=exit code \d+ after )\d+\.\ds/g;
const SHOWN_DURATION = '0.0s';

/** The environment of a new user but for the home: no git identity, no kubeconfig; and kgit on the PATH. */
function newUser(root: string, base: string): Environment {
  const bin = join(base, 'bin');
  mkdirSync(bin);
  symlinkSync(join(root, 'bin/run.js'), join(bin, 'kgit'));
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CI|KGIT_|XDG_|GIT_|KUBECONFIG)/.test(name)),
  );
  return {
    ...clean,
    PATH: `${bin}:${process.env['PATH']}`,
    NODE_OPTIONS: `--import=${join(root, 'test/readme/fixed-clock.mjs')}`,
    GIT_CONFIG_NOSYSTEM: '1',
    TZ: 'UTC',
    NO_COLOR: '1',
  };
}

/** A command that goes on in a terminal of its own while the tour does. */
interface Going {
  readonly shown: string;
  readonly end: () => Promise<void>;
}

/** Starts a command that runs until Ctrl-C, and waits until it says so. */
async function startLine(line: string, cwd: string, env: Environment): Promise<Going> {
  const child = spawn('bash', ['-c', `exec 2>&1\nexec ${line}`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const end = async () => {
    child.kill('SIGINT');
    await closed;
  };
  let shown = '';
  child.stdout.setEncoding('utf8');
  for await (const text of child.stdout) {
    shown += text;
    if (shown.includes('Ctrl-C')) return { shown, end };
  }
  throw new Error(`${line} ended by itself: ${shown}`);
}

/** What a tour needs that is not the README's. */
export interface TourOptions {
  /** Texts of the tour that stand for others on this machine: the ports of servers. */
  readonly stands?: ReadonlyMap<string, string>;
  /** Called after each command. */
  readonly after?: (command: string) => Promise<void>;
}

/** A line of a tour that says on which machine it goes on: `<!-- on build-7 -->`. */
const MACHINE = /^<!-- on (\S+) -->$/;

/**
 * A tour with what its commands print, each a line that begins with `$ `: nothing is prepared but the program itself.
 * Each part, below a heading, begins in a new terminal.
 * @param tour the tour without what is printed
 */
export async function renderTour(
  root: string,
  tour: string = readFileSync(join(root, 'test/readme/tour.md'), 'utf8'),
  { stands = new Map(), after = async () => undefined }: TourOptions = {},
): Promise<string> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'kgit-tour-')));
  let machine = 'laptop';
  const homeOf = () => join(base, machine);
  mkdirSync(homeOf());
  const env = newUser(root, base);
  const going: Going[] = [];
  const ids = new StableIds();
  const real = (line: string) =>
    [...stands].reduce((text, [shown, stood]) => text.replaceAll(shown, stood), line);
  const shownFor = (text: string) =>
    [...stands].reduce((made, [shown, stood]) => made.replaceAll(stood, shown), ids.replace(text));
  try {
    const out: string[] = [];
    const exported: string[] = [];
    let cwd = root;
    let now = SAMPLES_NOW.getTime();
    for (const line of tour.trimEnd().split('\n')) {
      machine = MACHINE.exec(line)?.[1] ?? machine;
      mkdirSync(homeOf(), { recursive: true });
      if (line.startsWith('## ')) {
        cwd = root;
        exported.length = 0;
      }
      out.push(line);
      if (!line.startsWith('$ ')) continue;
      now += STEP_MS;
      const command = real(line.slice(2));
      const step = { ...env, HOME: homeOf(), TOUR_HOST: machine, TOUR_NOW: String(now) };
      const add = (shown: string) => {
        const text = shownFor(shown.replaceAll(homeOf(), SHOWN_HOME))
          .replace(/127\.0\.0\.1:(\d+)/g, (address, shown) =>
            stands.has(shown) ? address : `127.0.0.1:${SHOWN_PORT}`,
          )
          .replace(DURATION, SHOWN_DURATION);
        if (text !== '') out.push(...text.trimEnd().split('\n'));
      };
      if (command.startsWith('kgit demo')) {
        const started = await startLine(command, cwd, step);
        going.push(started);
        add(started.shown);
        continue;
      }
      // A server that goes on must not keep the pipe of the shell open.
      const ended = command.startsWith('redis-server') ? `${command} 3>&-` : command;
      const { shown, code, cwd: end } = await runLine([...exported, ended].join('\n'), cwd, step);
      if (command.startsWith('export ')) exported.push(command);
      cwd = end;
      add(code === 0 ? shown : `${shown}[exit code ${code}]\n`);
      await after(command);
    }
    return out.join('\n');
  } finally {
    for (const { end } of going) await end();
    rmSync(base, { recursive: true, force: true });
  }
}
