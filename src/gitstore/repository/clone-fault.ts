import { EnvironmentError } from '../../errors.js';
import { heldLock, withoutCredentials } from '../process/git.js';

/** A fault of this clone, not of the remote, that keeps git from talking to the remote. */
interface CloneFault {
  /** `data.cause` of the error. */
  readonly cause: string;
  /** git's message, in English, on a line from this machine; the first group is what it is about. */
  readonly pattern: RegExp;
  readonly says: (what: string) => string;
  readonly advice: (what: string) => readonly string[];
}

/**
 * `test/commands/output/not-network.test.ts` produces each with the real git. Lines from a server begin with `remote:`.
 */
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

/** Messages about this machine's own disk. */
const DISK_HERE = /^(?!remote:).*(No space left on device|Out of diskspace|Disk quota exceeded)/m;

/** Whether git reports a fault of this machine's disk. */
export function isDiskHere(stderr: string): boolean {
  return DISK_HERE.test(stderr);
}

/** The error for a known fault of this clone in git's output; null if there is none. */
export function cloneFault(stderr: string): EnvironmentError | null {
  for (const { cause, pattern, says, advice } of CLONE_FAULTS) {
    const match = pattern.exec(stderr);
    if (!match) continue;
    const what = withoutCredentials(match[1] ?? '').slice(0, 200);
    return new EnvironmentError(says(what), { data: { cause, what }, suggestions: advice(what) });
  }
  return heldLock(stderr);
}
