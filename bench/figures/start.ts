import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { emptyOclif } from '../empty-oclif.js';
import { type Contender, peakMemory, race, timed } from '../race.js';
import { missingRow, type Row, ratioRow } from '../result.js';
import { madeRepository, progress, type Surroundings, serverOf } from '../surroundings.js';
import { NODES, nodeOf, onPath } from '../tools.js';

const ROUNDS = 21;
const COLD_ROUNDS = 15;
/** Arguments of the measured commands, and their target as a multiple of bare node, warm. */
const COMMANDS = {
  '--version': { args: ['--version'], target: 1.3 },
  get: { args: ['get', 'deployment.phase'], target: 1.9 },
  'push-event --queue': { args: ['push-event', 'touched', '--deployment', 'd', '--queue'], target: 2.2 },
} as const;
type Name = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as Name[];
const COLD_TARGET = 3;
/** Of these, the first run of a user is also measured with the code that an installer keeps. */
const INSTALLED = ['get', 'push-event --queue'] as const satisfies readonly Name[];
/** Rounds of the second run, which keeps the compiled code. */
const SECOND_ROUNDS = 7;
/** What runs of an installed program, and of `bin/keep-code.sh`, read. */
const PARTS = [
  'bin',
  'dist/program',
  'dist/start.cjs',
  'dist/commands.json',
  'oclif.manifest.json',
  'package.json',
];

/** Programs that users of kgit run as often, and what they are asked: how long a start takes that people are used to. */
const ANCHORS = [
  ['git', '--version'],
  ['kubectl', 'version', '--client'],
  ['yq', '--version'],
  ['etcdctl', 'version'],
] as const;

/** START: the time of short commands against bare node. */
export function start(surroundings: Surroundings): Row[] {
  const repository = serverOf(surroundings, madeRepository(surroundings.project, 100, 100), 'local.git');
  const empty = emptyOclif(surroundings);
  const rows = NODES.flatMap((major) => {
    const node = nodeOf(major);
    if ('path' in node) return onNode(surroundings, major, node.path, repository, empty);
    return [missingRow({ what: `Node ${major}`, command: 'kgit', baseline: '', target: null }, node.missing)];
  });
  return [...rows, ...anchors(surroundings)];
}

/** Other programs against the Node that runs this. */
function anchors(surroundings: Surroundings): Row[] {
  const env = surroundings.env();
  progress(`START, other programs: ${COLD_ROUNDS} rounds`);
  return ANCHORS.map(([program, ...args]) => {
    const command = [program, ...args].join(' ');
    const words = { what: `\`${command}\`, for comparison`, command, baseline: 'node -e 0', target: null };
    const found = onPath(program);
    if ('missing' in found) return missingRow(words, found.missing);
    const bare = { argv: [process.execPath, '-e', '0'], env } as const;
    const times = race({ bare, other: { argv: [found.path, ...args], env } }, COLD_ROUNDS);
    return ratioRow(words, times.other, times.bare);
  });
}

/** Installs a copy of the program with code that this Node compiled; returns its folder. */
function installed(surroundings: Surroundings, major: number, node: string): string {
  const program = surroundings.folder(`installed-${major}`);
  for (const part of [...PARTS, 'templates', 'schemas'])
    cpSync(join(surroundings.project, part), join(program, part), { recursive: true });
  const env = surroundings.env();
  execFileSync(join(program, 'bin/keep-code.sh'), {
    env: { ...env, PATH: `${dirname(node)}${delimiter}${env['PATH']}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (!existsSync(join(program, 'dist/code'))) throw new Error('bin/keep-code.sh kept nothing');
  return program;
}

/** The same command, run once before each round, untimed. */
function onceBefore(contender: Contender): Contender {
  const before = (round: number) => {
    contender.before?.(round);
    timed(contender);
  };
  return { ...contender, before };
}

function onNode(
  surroundings: Surroundings,
  major: number,
  node: string,
  repository: string,
  empty: string,
): Row[] {
  const env = surroundings.env();
  const cacheFolder = join(surroundings.root, 'cache', String(major));
  const contender = (name: Name, isCold: boolean, project = surroundings.project): Contender => ({
    argv: [node, join(project, 'bin/run.js'), ...COMMANDS[name].args],
    cwd: repository,
    env: { ...env, XDG_CACHE_HOME: isCold ? join(cacheFolder, 'cold') : cacheFolder },
    before: () => {
      rmSync(join(repository, 'kgit'), { recursive: true, force: true });
      if (isCold) rmSync(join(cacheFolder, 'cold'), { recursive: true, force: true });
    },
  });
  const all = (isCold: boolean) =>
    Object.fromEntries(NAMES.map((name) => [name, contender(name, isCold)])) as Record<Name, Contender>;
  const others: Record<'bare' | 'noop', Contender> = {
    bare: { argv: [node, '-e', '0'], env },
    noop: { argv: [node, empty, 'noop'], env },
  };
  progress(`START on Node ${major}, warm: ${ROUNDS} rounds`);
  const warm = race({ ...others, ...all(false) }, ROUNDS, 4);
  progress(`START on Node ${major}, cold: ${COLD_ROUNDS} rounds`);
  const cold = race({ bare: others.bare, ...all(true) }, COLD_ROUNDS);
  const second = race(
    {
      bare: others.bare,
      get: onceBefore(contender('get', true)),
      'push-event --queue': onceBefore(contender('push-event --queue', true)),
    },
    SECOND_ROUNDS,
  );
  const program = installed(surroundings, major, node);
  const kept = race(
    {
      bare: others.bare,
      get: contender('get', true, program),
      'push-event --queue': contender('push-event --queue', true, program),
    },
    COLD_ROUNDS,
  );
  const on = `, Node ${major}`;
  return [
    ...NAMES.map((name) =>
      ratioRow(
        {
          what: `\`kgit ${name}\`, warm${on}`,
          command: `kgit ${COMMANDS[name].args.join(' ')}`,
          baseline: 'node -e 0',
          target: COMMANDS[name].target,
          peakMb: peakMemory(contender(name, false)),
        },
        warm[name],
        warm.bare,
      ),
    ),
    ...NAMES.map((name) =>
      ratioRow(
        {
          what: `\`kgit ${name}\`, first run ever${on}`,
          command: `kgit ${COMMANDS[name].args.join(' ')}`,
          baseline: 'node -e 0',
          target: COLD_TARGET,
          note: 'Before each run the cache folder is removed.',
        },
        cold[name],
        cold.bare,
      ),
    ),
    ...INSTALLED.map((name) =>
      ratioRow(
        {
          what: `\`kgit ${name}\`, second run ever${on}`,
          command: `kgit ${COMMANDS[name].args.join(' ')}`,
          baseline: 'node -e 0',
          target: null,
          note: 'It keeps the compiled code.',
        },
        second[name],
        second.bare,
      ),
    ),
    ...INSTALLED.map((name) =>
      ratioRow(
        {
          what: `\`kgit ${name}\`, first run of a user, code kept at installation${on}`,
          command: `kgit ${COMMANDS[name].args.join(' ')}`,
          baseline: 'node -e 0',
          target: COLD_TARGET,
          note: 'Before each run the cache folder is removed. bin/keep-code.sh has run.',
        },
        kept[name],
        kept.bare,
      ),
    ),
    ...NAMES.map((name) =>
      ratioRow(
        {
          what: `\`kgit ${name}\` against an empty oclif program${on}`,
          command: `kgit ${COMMANDS[name].args.join(' ')}`,
          baseline: 'empty-oclif noop',
          target: null,
        },
        warm[name],
        warm.noop,
      ),
    ),
  ];
}
