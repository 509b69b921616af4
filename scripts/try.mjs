/** Demonstrates kgit on a new state repository in a temporary folder, without server or account. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kgit-try-'));
const program = path('bin/run.js');
const legacy = path('examples/legacy-state');

/** The steps in order: explanation and arguments. */
const STEPS = [
  ['A state repository: git, purely local.', ['init', '.']],
  ['The local state of deployment scripts, merged in.', ['import', legacy]],
  [
    'Something happened to a cluster.',
    [
      'push-event',
      'cluster_upgraded',
      '--cluster',
      'azure-prod-weu',
      '--param',
      'template=azure-standalone-cp-1-0-46',
      '--outcome',
      'succeeded',
      '--reason',
      'security fixes',
    ],
  ],
  [
    'A change of state, only if nobody was faster.',
    ['set', 'deployment.status=completed', '--if', 'deployment.status=in_progress'],
  ],
  ['What happened.', ['log', '--limit', '4']],
  ['What the repository knows.', ['list']],
];

const quoted = (word) => (/^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
// Neither settings of another repository nor CI's rule for publishing apply here.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(KGIT_|GIT_|CI$)/.test(name)),
);

for (const [why, args] of STEPS) {
  process.stdout.write(`\n# ${why}\n$ kgit ${args.map(quoted).join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) {
    process.stderr.write(`kgit ${args[0]} ended with ${status}\n`);
    process.exit(1);
  }
}
process.stdout.write(`
It is a git repository like any other; look around:
  cd ${folder}
  git log --stat
  alias kgit=${quoted(program)}
  kgit get
  kgit --help
`);
