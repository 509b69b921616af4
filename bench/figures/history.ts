import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Contender, peakMemory, race } from '../race.js';
import { type Row, ratioRow } from '../result.js';
import { changedRepository, progress, restore, type Surroundings } from '../surroundings.js';

const ROUNDS = 21;
const TARGET = 1.25;
/** A deployment has as many changes as in the large one, so that its history is equally long. */
const SMALL = { events: 100, subjects: 1 };
const LARGE = { events: 100_000, subjects: 1_000 };
const PATH = 'deployment.phase';
/** The middle of the year that the events span. */
const TIME = '2025-07-01';

const EDITED = 'deployment:\n  deployment_id: d\n  phase: nobody_says_why\n';
/** Commits a change of state without an event, like an edit by hand. */
const BY_HAND = [
  'commit refs/heads/main',
  'committer bench <bench@example.com> 1767225600 +0000',
  'data 7\nby hand',
  'from refs/heads/main^0',
  'M 100644 inline deployments/d/state.yaml',
  `data ${EDITED.length}\n${EDITED}\n`,
].join('\n');

interface Question {
  readonly what: string;
  readonly target: number | null;
  readonly note: string;
  readonly args: (repository: string) => readonly string[];
  readonly byHand?: true;
}

const SIZES = '100,000 commits against 100, each with 100 changes of the deployment';

function questions(surroundings: Surroundings): Question[] {
  const middle = (repository: string) => {
    const args = ['rev-list', '--max-count=1', '--first-parent', `--before=${TIME}`, 'main'];
    return surroundings.git(repository, ...args);
  };
  const set = { target: TARGET, note: SIZES };
  return [
    { ...set, what: `\`kgit history ${PATH}\``, args: () => ['history', PATH] },
    { ...set, what: '`kgit history`', args: () => ['history'] },
    { ...set, what: '`kgit get --at TIME`', args: () => ['get', PATH, '--at', TIME] },
    {
      ...set,
      what: '`kgit get --at REVISION`',
      args: (repository) => ['get', PATH, '--at', middle(repository)],
    },
    {
      what: '`kgit get --at TIME` of a state that was edited by hand',
      target: null,
      note: `${SIZES}: only the commits can tell, so they are walked; with the commit-graph that kgit keeps`,
      args: () => ['get', PATH, '--at', TIME],
      byHand: true,
    },
  ];
}

/** A writable copy; with `byHand` its state differs from its events. */
function copyOf(surroundings: Surroundings, made: string, name: string, byHand: boolean): string {
  const path = join(surroundings.root, name);
  restore(made, path);
  if (!byHand) return path;
  execFileSync('git', ['-C', path, 'fast-import', '--quiet'], { env: surroundings.env(), input: BY_HAND });
  surroundings.git(path, 'commit-graph', 'write', '--reachable', '--changed-paths', '--no-progress');
  return path;
}

/** Rows of GROWTH: the cost of a long history for questions about past states. */
export function historyRows(surroundings: Surroundings): Row[] {
  const copies = (byHand: boolean) =>
    [SMALL, LARGE].map(({ events, subjects }) => {
      const made = changedRepository(surroundings.project, events, subjects);
      return copyOf(surroundings, made, `changed-${events}${byHand ? '-by-hand' : ''}.git`, byHand);
    }) as [string, string];
  const [plain, edited] = [copies(false), copies(true)];
  progress(`GROWTH: ${ROUNDS} rounds of questions about the past`);
  return questions(surroundings).map(({ what, target, note, args, byHand }) => {
    const ask = (repository: string): Contender => ({
      argv: surroundings.kgit(process.execPath, ...args(repository)),
      cwd: repository,
      env: surroundings.env(),
    });
    const [small, large] = (byHand ? edited : plain).map(ask) as [Contender, Contender];
    const times = race({ large, small }, ROUNDS);
    const words = { what, command: what.replaceAll('`', '').replace(/ of a .*/, ''), note, target };
    const peakMb = peakMemory(large);
    return ratioRow({ ...words, baseline: 'the same at 100 commits', peakMb }, times.large, times.small);
  });
}
