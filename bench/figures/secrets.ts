import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, race } from '../race.js';
import { missingRow, numberRow, type Row, ratioRow } from '../result.js';
import { ended } from '../script-helper.js';
import { peerName, writePeers } from '../secret-files.js';
import { progress, restore, type Surroundings } from '../surroundings.js';
import { makeTeam, type Team } from '../team.js';

const ROUNDS = 41;
const IMPORT_ROUNDS = 7;
const READ_ROUNDS = 9;
const SECRETS = 50;
const READ = 10;
const PLAIN_TARGET = 1.05;
/** Commands on plain paths. */
const COMMANDS = {
  'kgit set': ['set', 'deployment.x=2'],
  'kgit push-event': ['push-event', 'touched', '--deployment', 'd'],
  'kgit get': ['get', 'deployment.phase'],
} as const;
const RUNS = 'runs of sops';

/** SECRETS: what a team's shared secrets cost those who read and write them, and those who do not. */
export async function secrets(surroundings: Surroundings): Promise<Row[]> {
  const team = makeTeam(surroundings);
  if ('missing' in team) {
    const words = { what: 'secrets of a team', command: 'kgit import STATE', baseline: '', target: null };
    return [missingRow(words, team.missing)];
  }
  const bench = new SecretBench(surroundings, team);
  return [...bench.besideSecrets(), ...bench.imports(), ...(await bench.scriptReads())];
}

class SecretBench {
  readonly #surroundings: Surroundings;
  readonly #team: Team;

  constructor(surroundings: Surroundings, team: Team) {
    this.#surroundings = surroundings;
    this.#team = team;
  }

  #kgit(cwd: string, ...args: string[]): void {
    const [node, ...rest] = this.#surroundings.kgit(process.execPath, ...args);
    execFileSync(node, rest, { cwd, env: this.#team.env, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** A bare repository without a remote; `fill` writes to a checkout of it first. */
  #repository(name: string, isShared: boolean, fill: (checkout: string) => void = () => undefined): string {
    const { root } = this.#surroundings;
    const [checkout, bare] = [join(root, `${name}-checkout`), join(root, `${name}.git`)];
    this.#kgit(root, 'init', checkout, ...(isShared ? ['--age', this.#team.recipient] : []));
    fill(checkout);
    this.#surroundings.git(root, 'clone', '--quiet', '--bare', checkout, bare);
    this.#surroundings.git(bare, 'remote', 'remove', 'origin');
    return bare;
  }

  /** A command in a fresh copy of a repository. */
  #contender(pristine: string, args: readonly string[]): Contender {
    const work = `${pristine}.work`;
    return {
      argv: this.#surroundings.kgit(process.execPath, ...args, '--repo', work),
      env: this.#team.env,
      before: () => restore(pristine, work),
    };
  }

  /** Commands that touch no secret, in a repository that has many. */
  besideSecrets(): Row[] {
    const { root } = this.#surroundings;
    const set = (checkout: string) =>
      this.#kgit(
        checkout,
        'set',
        'deployment.x=1',
        'deployment.phase=setup',
        '--create',
        '--create-key',
        '--deployment',
        'd',
      );
    const file = join(root, 'secret');
    writeFileSync(file, 'Tr0ub4dor-3xyz', { mode: 0o600 });
    const with50 = this.#repository('beside-secrets', true, (checkout) => {
      set(checkout);
      const each = Array.from({ length: SECRETS }, (_, i) => [
        '--secret',
        `deployment.passwords.p${i}=@${file}`,
      ]);
      this.#kgit(checkout, 'set', ...each.flat());
    });
    const without = this.#repository('no-secrets', false, set);
    // What kgit keeps in a clone is there when the rounds begin.
    for (const repository of [with50, without])
      this.#kgit(root, 'get', 'deployment.phase', '--repo', repository);
    this.#team.runs();
    const rows = Object.entries(COMMANDS).map(([name, args]) => {
      progress(`SECRETS, ${name}: ${ROUNDS} rounds`);
      const contenders = { beside: this.#contender(with50, args), alone: this.#contender(without, args) };
      const { beside, alone } = race(contenders, ROUNDS);
      const words = {
        what: `\`${name}\` of what is no secret, beside ${SECRETS} secrets`,
        command: `kgit ${args.join(' ')}`,
        baseline: 'the same in a repository without secrets',
        target: PLAIN_TARGET,
      };
      return ratioRow(words, beside, alone);
    });
    const words = {
      what: `${RUNS} in all of these`,
      command: `kgit ${COMMANDS['kgit get'].join(' ')}`,
      baseline: '',
      target: 0,
    };
    return [...rows, numberRow(words, 'runs', [this.#team.runs()])];
  }

  /** A deployment of the scripts with many secrets. */
  imports(): Row[] {
    const { root } = this.#surroundings;
    const from = join(root, 'import');
    writePeers(from, SECRETS, true);
    const args = ['import', join(from, 'state')];
    const counts: number[] = [];
    const shared = this.#contender(this.#repository('import-shared', true), args);
    const withheld = this.#contender(this.#repository('import-withheld', false), args);
    progress(`SECRETS, import: ${IMPORT_ROUNDS} rounds`);
    this.#team.runs();
    const after = () => counts.push(this.#team.runs());
    const times = race({ shared: { ...shared, after }, withheld }, IMPORT_ROUNDS, 1);
    const words = { command: 'kgit import STATE', baseline: '', target: null };
    const what = `the legacy files of a deployment with ${SECRETS} secrets`;
    return [
      numberRow({ ...words, what: `\`kgit import\`, ${what}` }, 'ms', times.shared),
      ratioRow(
        {
          ...words,
          what: 'the same against keeping them withheld',
          baseline: 'kgit import STATE without .sops.yaml',
        },
        times.shared,
        times.withheld,
      ),
      numberRow({ ...words, what: `${RUNS} in one such import` }, 'runs', counts),
    ];
  }

  /** Secrets that a script reads which its own files lack. */
  async scriptReads(): Promise<Row[]> {
    const { root, project } = this.#surroundings;
    const [from, scripts] = [join(root, 'read'), join(root, 'scripts')];
    writePeers(from, READ, true);
    writePeers(scripts, READ, false);
    const repository = this.#repository('read', true, (checkout) =>
      this.#kgit(checkout, 'import', join(from, 'state')),
    );
    const hosts = Array.from({ length: READ }, (_, i) => peerName(i));
    const args = [...this.#surroundings.kgit(process.execPath), '--', ...hosts];
    const [first, again, counts]: [number[], number[], number[]] = [[], [], []];
    progress(`SECRETS, script API: ${READ_ROUNDS} rounds`);
    for (let round = -1; round < READ_ROUNDS; round++) {
      this.#team.runs();
      const env = { ...this.#team.env, KGIT_REPO: repository };
      const told = execFileSync(join(project, 'bench/read-secrets.sh'), args, {
        cwd: scripts,
        env,
        encoding: 'utf8',
      });
      const [one = Number.NaN, two = Number.NaN, pid = Number.NaN] = told.trim().split(' ').map(Number);
      await ended(pid);
      if (round < 0) continue;
      first.push(one / 1000);
      again.push(two / 1000);
      counts.push(this.#team.runs());
    }
    const words = {
      command: 'eval "$(kgit shell-init bash)"; get_wireguard_private_key HOST',
      baseline: '',
      target: null,
    };
    return [
      numberRow({ ...words, what: `${READ} secrets in a script, first time` }, 'ms', first),
      numberRow({ ...words, what: `${READ} secrets in a script, again` }, 'ms', again),
      numberRow({ ...words, what: `${RUNS} in one such script`, target: READ }, 'runs', counts),
    ];
  }
}
