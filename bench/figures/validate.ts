import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Contender, peakMemory, race } from '../race.js';
import { numberRow, type Row } from '../result.js';
import {
  changedRepository,
  compactedRepository,
  progress,
  restore,
  type Surroundings,
} from '../surroundings.js';

const ROUNDS = 5;
const EVENTS = 100_000;
const SUBJECTS = 1_000;
const TARGET_MS = 15_000;
/** Of the check of a commit, for which a person waits. */
const STAGED_ROUNDS = 11;
const STAGED_TARGET_MS = 300;
/** Months before it are sealed. */
const SEALED_BEFORE = '2025-12-01';

/** VALIDATE: checking and proving a whole repository. */
export function validate(surroundings: Surroundings): Row[] {
  const repository = join(surroundings.root, 'validate.git');
  restore(changedRepository(surroundings.project, EVENTS, SUBJECTS), repository);
  const env = surroundings.env();
  const check = (...args: string[]): Contender => ({
    argv: surroundings.kgit(process.execPath, ...args),
    cwd: repository,
    env,
  });
  const half = surroundings.git(repository, 'rev-parse', `main~${EVENTS / 2}`);
  const contenders = {
    files: check('validate'),
    since: check('validate', '--base', half),
    proof: check('verify', '--trust'),
    // The revision verified just before is the newest one.
    again: check('verify'),
  };
  progress(`VALIDATE: ${ROUNDS} rounds`);
  const times = race(contenders, ROUNDS, 1);
  const words = { baseline: '', target: TARGET_MS, note: '100,000 event files of 1,000 subjects.' };
  const staged = race(
    { staged: { ...check('validate', '--staged'), cwd: stagedChange(surroundings) } },
    STAGED_ROUNDS,
  );
  return [
    numberRow(
      {
        ...words,
        what: 'what the next commit changes: a state with sealed months, and its event',
        command: 'kgit validate --staged',
        target: STAGED_TARGET_MS,
        note: `${words.note} Months before ${SEALED_BEFORE} are sealed.`,
      },
      'ms',
      staged.staged,
    ),
    numberRow(
      {
        ...words,
        what: 'every file, and 100,000 commits where none was verified before',
        command: 'kgit validate',
        peakMb: peakMemory(contenders.files),
      },
      'ms',
      times.files,
    ),
    numberRow(
      {
        ...words,
        what: 'every file, and what 50,000 commits changed',
        command: 'kgit validate --base REV',
        peakMb: peakMemory(contenders.since),
      },
      'ms',
      times.since,
    ),
    numberRow(
      {
        ...words,
        what: 'every file, each state, 100,000 commits',
        command: 'kgit verify --trust',
        peakMb: peakMemory(contenders.proof),
      },
      'ms',
      times.proof,
    ),
    numberRow(
      {
        ...words,
        what: 'every file, each state, no commit since it was verified',
        command: 'kgit verify',
        peakMb: peakMemory(contenders.again),
      },
      'ms',
      times.again,
    ),
  ];
}

/** A checkout in whose index is a change of the deployment with its event. */
function stagedChange(surroundings: Surroundings): string {
  const changed = changedRepository(surroundings.project, EVENTS, SUBJECTS);
  const folder = join(surroundings.root, 'validate-staged');
  const sealed = compactedRepository(surroundings, changed, SEALED_BEFORE);
  surroundings.git(surroundings.root, 'clone', '--quiet', sealed, folder);
  surroundings.git(folder, 'remote', 'remove', 'origin');
  const [node, ...args] = surroundings.kgit(process.execPath, 'set', 'deployment.phase=staged');
  execFileSync(node, args, { cwd: folder, env: surroundings.env(), stdio: ['ignore', 'ignore', 'inherit'] });
  surroundings.git(folder, 'reset', '--quiet', '--soft', 'HEAD~1');
  return folder;
}
