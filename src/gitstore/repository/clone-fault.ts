import { EnvironmentError } from '../../errors.js';
import { heldLock, withoutCredentials } from '../process/git.js';

/** One way in which this clone, and not the remote, keeps git from talking. */
interface CloneFault {
  /** `data.cause` of the error. */
  readonly cause: string;
  /** How git says it, in English, on a line of this machine's; the first group is what it is about. */
  readonly pattern: RegExp;
  readonly says: (what: string) => string;
  readonly advice: (what: string) => readonly string[];
}

/** Each is made with the real git in `test/commands/output/not-network.test.ts`; what a server says begins with `remote:`. */
const CLONE_FAULTS: readonly CloneFault[] = [
  {
    cause: 'mirror-clone',
    pattern: /^fatal: (--mirror) can't be combined with refspecs/m,
    says: () => 'this clone was made with --mirror, so git pushes all its refs or none',
    advice: () => [
      'Work in an ordinary clone (kgit clone URL)',
      'Or let this one push single branches: git config --unset remote.origin.mirror',
    ],
  },
  {
    cause: 'broken-ref',
    pattern: /^(?:fatal|error): bad object (refs\/.+)$/m,
    says: (ref) => `the ref ${ref} of this clone names nothing; programs that sync files leave such copies`,
    advice: (ref) => [
      `Move the file away: ${ref} in the folder that git rev-parse --git-common-dir names`,
      'Keep clones out of folders that are synced, and let git carry the state',
    ],
  },
  {
    cause: 'ref-clash',
    pattern:
      /^(?:fatal|error): cannot lock ref '[^']+': '([^']+)' exists; cannot create 'refs\/(?:kgit|remotes)\//m,
    says: (ref) =>
      `the branch cannot be followed here: ${ref} is in the way, and git has no branch a beside a/b`,
    advice: (ref) => [`If its branch is gone at the remote: git update-ref -d ${ref}`],
  },
  {
    cause: 'invalid-path',
    pattern: /^error: invalid path '(.+)'$/m,
    says: (path) => `git does not check out the branch, for it holds the path ${path}`,
    advice: (path) => [
      `Have it taken out of the branch by a clone that can: git rm --cached ${path}`,
      'Until then work without a checkout: --repo URL',
    ],
  },
];

/** What this machine's own disk says. */
const DISK_HERE = /^(?!remote:).*(No space left on device|Out of diskspace|Disk quota exceeded)/m;

/** Whether git's words are of this machine's disk. */
export function isDiskHere(stderr: string): boolean {
  return DISK_HERE.test(stderr);
}

/** The error for a talk with a remote that failed for something in this clone; null where nothing in it is known to be wrong. */
export function cloneFault(stderr: string): EnvironmentError | null {
  for (const { cause, pattern, says, advice } of CLONE_FAULTS) {
    const match = pattern.exec(stderr);
    if (!match) continue;
    const what = withoutCredentials(match[1] ?? '').slice(0, 200);
    return new EnvironmentError(says(what), { data: { cause, what }, suggestions: advice(what) });
  }
  return heldLock(stderr);
}
