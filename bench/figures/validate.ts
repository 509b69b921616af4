import { join } from 'node:path';
import { type Contender, peakMemory, race } from '../race.js';
import { numberRow, type Row } from '../result.js';
import { changedRepository, progress, restore, type Surroundings } from '../surroundings.js';

const ROUNDS = 5;
const EVENTS = 100_000;
const SUBJECTS = 1_000;
const TARGET_MS = 15_000;

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
  return [
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
