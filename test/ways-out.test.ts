import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow } from './support/source-files.js';

/**
 * Each way by which text leaves this machine: the call that sends it, who calls it, and where the secret guard stands on
 * that way. A call that is not listed is a new way out: have it guarded, then list it.
 */
const WAYS: readonly {
  readonly way: string;
  readonly call: RegExp;
  readonly files: readonly string[];
  /** What must be in a file on that way. */
  readonly guards: readonly (readonly [file: string, guard: string])[];
}[] = [
  {
    way: 'operations: events, edits, people, titles, run ids, learned management clusters',
    call: /\brepository(?:\(\))?\.(?:write|keep)\(/,
    files: [
      'cli/publish-together.ts',
      'cluster-command.ts',
      'commands/run.ts',
      // Sample data of kgit's own, into a repository of this machine.
      'demo/lay-out.ts',
      'legacy-command.ts',
      'library/store.ts',
      'write-command.ts',
    ],
    guards: [
      ['model/make-operation.ts', 'guardSecrets('],
      ['cluster-command.ts', 'guardSecrets('],
      ['commands/import.ts', 'guardSecrets('],
      ['legacy-command.ts', 'guardSecrets('],
    ],
  },
  {
    way: 'commits of the branch: of operations, of a lock that was ended, and of what a repository is laid out with',
    call: /[.#]store\.swap\(|\bstore\.swap\(/,
    files: ['gitstore/prepare-repository.ts', 'store/publish-run.ts', 'store/recorded-move.ts'],
    guards: [
      ['gitstore/prepare-repository.ts', 'refuseTexts('],
      ['commands/init.ts', 'refuseTexts('],
    ],
  },
  {
    way: 'locks: names, holders, hosts, run ids, reasons',
    call: /\bleases\.move\(/,
    files: ['store/leases.ts', 'store/recorded-move.ts'],
    guards: [
      ['store/leases.ts', 'guardedReason(wanted, wanted.name)'],
      ['store/leases.ts', 'guardedReason(by, undefined)'],
      ['store/guarded-lease.ts', 'guardTexts('],
    ],
  },
  {
    way: 'requests to a forge: titles and bodies',
    call: /\bforge\.(?:create|update)\(/,
    files: ['propose/request-to-merge.ts'],
    guards: [
      ['propose/propose-operation.ts', 'refuseTexts('],
      ['model/change-title.ts', 'maskSecrets('],
      ['model/proposal-text.ts', 'plainLine('],
      ['model/proposal-text.ts', 'findSecrets('],
    ],
  },
  {
    way: 'branches of proposals',
    call: /\bbranches\.push\(/,
    files: ['propose/propose-operation.ts', 'propose/resolve-branch.ts'],
    guards: [
      ['propose/propose-operation.ts', 'refuseTexts('],
      ['propose/resolve-branch.ts', 'refuseTexts('],
    ],
  },
  {
    way: 'committers',
    call: /\b(?:buildCommits|personEnvironment)\((?!$)/,
    files: [
      ...[
        'gitstore/backup.ts',
        'gitstore/commit-builder.ts',
        'gitstore/fast-import.ts',
        'gitstore/lock-commits.ts',
      ],
      ...['gitstore/merge-branches.ts', 'gitstore/sign-commits.ts'],
    ],
    guards: [
      ['gitstore/backup.ts', 'namedCommitter('],
      ['gitstore/commit-builder.ts', 'namedCommitter('],
      ['gitstore/lock-commits.ts', 'namedCommitter('],
      ['gitstore/merge-branches.ts', 'namedCommitter('],
    ],
  },
  {
    way: 'what a failing command prints, which CI keeps',
    call: /\breportFailure\(/,
    files: ['base-command.ts', 'cli/failure.ts', 'main.ts'],
    guards: [['cli/failure.ts', 'maskSecrets(']],
  },
  {
    way: 'pushes of git: they carry what was built above',
    call: /'push'|from '[^']*\/push\.js'/,
    files: [
      ...['gitstore/branch-push.ts', 'gitstore/doctor-remote.ts', 'gitstore/lock-refs.ts'],
      ...['gitstore/other-history.ts', 'gitstore/push.ts', 'gitstore/remote-branches.ts'],
    ],
    guards: [],
  },
];

describe('the ways by which text leaves this machine', () => {
  const root = join(import.meta.dirname, '..');
  const sources = filesBelow('src', '.ts').map((file) => ({
    path: file.slice('src/'.length),
    text: readFileSync(join(root, file), 'utf8'),
  }));

  it.each(WAYS)('$way: are known, all of them', ({ call, files }) => {
    const callers = sources.filter(({ text }) => call.test(text)).map(({ path }) => path);
    expect(callers.sort()).toEqual([...files].sort());
  });

  it.each(WAYS)('$way: are guarded', ({ guards }) => {
    for (const [path, guard] of guards)
      expect(sources.find((source) => source.path === path)?.text ?? '', path).toContain(guard);
  });
});
