import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { monotonicIds } from '../../src/model/value/ulid.js';
import { randomBytes } from '../../src/store/local/random-bytes.js';
import { missingRow, type Row, ratioRow } from '../result.js';
import { cached, progress, type Surroundings } from '../surroundings.js';
import { yq } from '../tools.js';

const PAIRS = 5;
const ROUNDS = 7;
/** The deployment scripts, and the commit of them that is measured. */
const SCRIPTS = 'https://github.com/randybias/k0rdent-azure-setup';
const COMMIT = 'b7cc815ec3e391a8c0524dc6a987d0eeac120a4d';
/** The programs that stubs replace. */
const STUBBED = [
  ...[
    'az',
    'wg',
    'wg-quick',
    'kubectl',
    'helm',
    'k0sctl',
    'ssh',
    'scp',
    'ssh-keygen',
    'nc',
    'ping',
    'sudo',
    'sleep',
  ],
];
/** Numbers of waiting operations; the first is the baseline. */
const OUTBOXES = [0, 100, 400, 2_000] as const;
const WRITES = 20;
const COMMAND = './deploy-k0rdent.sh deploy -y --with-azure-children --with-kof';
const LOAD = 'eval "$(kgit shell-init bash)"';
/** An address without a server. */
const AWAY = 'http://127.0.0.1:1/gone.git';

/** Wall time and CPU time of a run and its children, in ms. */
interface Used {
  readonly wall: number;
  readonly cpu: number;
}
type Measured = 'wall' | 'cpu';
const MEASURED = { wall: 'wall time', cpu: 'CPU time' } as const;
const TARGET = { wall: 1, cpu: 1.2 } as const;

/** DEPLOY: a whole scripted deployment over kgit and over the library it replaces; a start and writes with a long outbox. */
export async function deploy(surroundings: Surroundings): Promise<Row[]> {
  const tool = yq();
  const scripts = theScripts();
  const missing = 'missing' in tool ? tool.missing : 'missing' in scripts ? scripts.missing : null;
  const rows: Row[] = [];
  for (const place of ['there', 'away'] as const) {
    const words = (what: Measured) => ({
      what: `whole deployment, remote ${place}, ${MEASURED[what]}`,
      command: `etc/state-management.sh: ${LOAD}; ${COMMAND}`,
      baseline: COMMAND,
      target: TARGET[what],
    });
    if ('missing' in tool || 'missing' in scripts) {
      rows.push(...(['wall', 'cpu'] as const).map((what) => missingRow(words(what), missing ?? '')));
      continue;
    }
    const bench = new Deployments(surroundings, scripts.path, tool.path);
    const [own, replaced]: [Used[], Used[]] = [[], []];
    for (let pair = 0; pair < PAIRS; pair++) {
      progress(`DEPLOY: remote ${place}, pair ${pair + 1} of ${PAIRS}`);
      const both = [() => own.push(bench.run(place)), () => replaced.push(bench.run(null))];
      for (const run of pair % 2 === 0 ? both : both.reverse()) run();
    }
    for (const what of ['wall', 'cpu'] as const)
      rows.push(
        ratioRow(
          words(what),
          own.map((used) => used[what]),
          replaced.map((used) => used[what]),
        ),
      );
  }
  return [...rows, ...outboxRows(surroundings)];
}

function theScripts(): { readonly path: string } | { readonly missing: string } {
  try {
    return {
      path: cached(`k0rdent-azure-setup-${COMMIT.slice(0, 7)}`, (folder) => {
        execFileSync('git', ['clone', '--quiet', SCRIPTS, folder], {
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        execFileSync('git', ['-C', folder, 'checkout', '--quiet', COMMIT], { stdio: 'inherit' });
      }),
    };
  } catch (error) {
    return { missing: `${SCRIPTS} cannot be cloned: ${(error as Error).message.split('\n')[0]}` };
  }
}

/** Runs a command through `bench/deploy/rusage.py`. Throws Error with its output if it fails. */
function used(
  surroundings: Surroundings,
  cwd: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Used {
  const counter = join(surroundings.project, 'bench/deploy/rusage.py');
  const { status, stdout, stderr } = spawnSync('python3', [counter, ...argv], {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0)
    throw new Error(`${argv.join(' ')} ended with ${status}: ${stdout.slice(-2_000)}${stderr}`);
  const [wall, cpu] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall: Number(wall) * 1000, cpu: Number(cpu) * 1000 };
}

/** Makes a clone of a new repository, with a reachable or unreachable remote. */
function clone(surroundings: Surroundings, name: string, place: 'there' | 'away'): string {
  const folder = surroundings.folder(name);
  const [remote, path] = [join(folder, 'remote.git'), join(folder, 'clone')];
  surroundings.git(folder, 'init', '--quiet', '--bare', remote);
  const [node, ...args] = surroundings.kgit(process.execPath, 'init', path, '--remote', remote);
  execFileSync(node, args, { env: surroundings.env(), stdio: 'ignore' });
  if (place === 'away') surroundings.git(path, 'remote', 'set-url', 'origin', AWAY);
  return path;
}

function toolFolder(surroundings: Surroundings, name: string, yqPath: string | null): string {
  const folder = surroundings.folder(name);
  const link = (target: string, as: string) => {
    rmSync(join(folder, as), { force: true });
    symlinkSync(target, join(folder, as));
  };
  link(join(surroundings.project, 'bin/run.js'), 'kgit');
  if (yqPath !== null) {
    for (const as of STUBBED) link(join(surroundings.project, 'bench/deploy/stub.sh'), as);
    link(execFileSync('bash', ['-c', `command -v ${yqPath}`], { encoding: 'utf8' }).trim(), 'yq');
  }
  return folder;
}

/** Runs the deployment with stubs for clouds and clusters, each time in its own checkout and repository. */
class Deployments {
  readonly #surroundings: Surroundings;
  readonly #scripts: string;
  readonly #tools: string;
  #count = 0;

  constructor(surroundings: Surroundings, scripts: string, yqPath: string) {
    this.#surroundings = surroundings;
    this.#scripts = scripts;
    this.#tools = toolFolder(surroundings, 'tools', yqPath);
  }

  /** @param place where the remote of kgit's clone is; null for the library it replaces */
  run(place: 'there' | 'away' | null): Used {
    const name = `deployment-${place}-${++this.#count}`;
    const folder = this.#surroundings.folder(name);
    const checkout = join(folder, 'checkout');
    cpSync(this.#scripts, checkout, { recursive: true });
    const config = join(checkout, 'config/k0rdent.yaml');
    const text = readFileSync(join(checkout, 'config/k0rdent-default.yaml'), 'utf8');
    const clusterName = 'cluster_name: "kof-regional-bench"';
    writeFileSync(
      config,
      text.replace('enabled: false', 'enabled: true').replace('cluster_name: ""', clusterName),
    );
    writeFileSync(join(checkout, '.clusterid'), 'k0rdent-bench123\n');
    const wrapper = join(checkout, 'bin/utils/wg-wrapper');
    copyFileSync(join(this.#surroundings.project, 'bench/deploy/stub.sh'), wrapper);
    chmodSync(wrapper, 0o4755);
    const env = this.#env(folder);
    if (place !== null) {
      env['KGIT_REPO'] = clone(this.#surroundings, `${name}-repository`, place);
      writeFileSync(join(checkout, 'etc/state-management.sh'), `${LOAD}\n`);
    }
    const [shell, ...words] = ['bash', ...COMMAND.split(' ')] as [string, ...string[]];
    const result = used(this.#surroundings, checkout, [shell, ...words], env);
    rmSync(folder, { recursive: true });
    return result;
  }

  #env(folder: string): NodeJS.ProcessEnv {
    const [marks, temporary] = [join(folder, 'marks'), join(folder, 'tmp')];
    for (const path of [marks, temporary]) mkdirSync(path);
    const path = `${this.#tools}:${dirname(process.execPath)}:${process.env['PATH']}`;
    return this.#surroundings.env({ PATH: path, STUB_FOLDER: marks, TMPDIR: temporary, USER: 'bench' });
  }
}

/** Measures a start of the helper, and writes, by the number of waiting operations. */
function outboxRows(surroundings: Surroundings): Row[] {
  const env = surroundings.env({
    PATH: `${toolFolder(surroundings, 'kgit-alone', null)}:${process.env['PATH']}`,
    ...{ AZURE_LOCATION: '', K0S_CONTROLLER_COUNT: '1', K0S_WORKER_COUNT: '1', WG_NETWORK: '10.0.0.0/24' },
  });
  const prelude = `print_info() { :; }; ${LOAD}`;
  const scripts = {
    start: `${prelude}; get_state phase`,
    [`${WRITES} writes`]: `${prelude}; for i in {1..${WRITES}}; do add_event written "$i"; done`,
  };
  const places = OUTBOXES.map((waiting) => {
    const [repository, folder] = [
      clone(surroundings, `outbox-${waiting}`, 'away'),
      surroundings.folder(`scripts-${waiting}`),
    ];
    const own = { ...env, KGIT_REPO: repository };
    used(
      surroundings,
      folder,
      ['bash', '-c', `${prelude}; init_deployment_state k0rdent-bench${waiting}`],
      own,
    );
    const outbox = join(repository, '.git/kgit/outbox');
    fill(outbox, waiting);
    return { waiting, folder, own, outbox, before: join(surroundings.root, `outbox-before-${waiting}`) };
  });
  for (const { outbox, before } of places) cpSync(outbox, before, { recursive: true });
  return Object.entries(scripts).flatMap(([what, script]) => {
    progress(`DEPLOY: ${what} with ${OUTBOXES.join(', ')} waiting`);
    const results = new Map<number, Used[]>(OUTBOXES.map((waiting) => [waiting, []]));
    for (let round = -1; round < ROUNDS; round++) {
      for (const { waiting, folder, own, outbox, before } of places) {
        // Each round starts with the same number of waiting operations.
        rmSync(outbox, { recursive: true });
        cpSync(before, outbox, { recursive: true });
        const result = used(surroundings, folder, ['bash', '-c', script], own);
        if (round >= 0) results.get(waiting)?.push(result);
      }
    }
    const of = (waiting: number, which: Measured) => (results.get(waiting) ?? []).map((one) => one[which]);
    return OUTBOXES.slice(1).flatMap((waiting) =>
      (['wall', 'cpu'] as const).map((which) =>
        ratioRow(
          {
            what: `${what} with ${waiting} operations waiting, remote away, ${MEASURED[which]}`,
            command: `${LOAD}; ${script.slice(prelude.length + 2)}`,
            baseline: `with ${OUTBOXES[0]} waiting`,
            target: 1.25,
          },
          of(waiting, which),
          of(OUTBOXES[0], which),
        ),
      ),
    );
  });
}

/** Queues `count` operations: copies of the first with new ids. */
function fill(outbox: string, count: number): void {
  const [first] = readdirSync(outbox).sort();
  if (first === undefined) throw new Error('nothing waits that could be copied');
  const text = readFileSync(join(outbox, first), 'utf8');
  for (const name of readdirSync(outbox)) rmSync(join(outbox, name));
  const ids = monotonicIds(
    () => Date.now(),
    () => randomBytes(10),
  );
  const { operation } = JSON.parse(text) as { operation: { events: { event: { id: string } }[] } };
  for (let i = 1; i <= count; i++) {
    const id = ids.next();
    const event = { ...operation.events[0]?.event, id: ids.next(), action: 'waiting' };
    const made = {
      ...operation,
      id,
      events: [{ subject: 'deployment/k0rdent-other', event }],
      change: undefined,
    };
    const entry = { ...(JSON.parse(text) as object), operation: made };
    appendFileSync(join(outbox, `${String(i).padStart(12, '0')}-${id}`), JSON.stringify(entry));
  }
}
