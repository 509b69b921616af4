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
      'app/legacy/background-writer.ts',
      'app/run-command.ts',
      'app/write/publish-together.ts',
      'app/observe/observer.ts',
      // Sample data of kgit's own, into a repository of this machine.
      'demo/lay-out.ts',
      'app/write/submit.ts',
    ],
    guards: [
      ['model/operation/make-operation.ts', 'guardSecrets('],
      ['app/observe/observer.ts', 'guardSecrets('],
      ['app/legacy/import-files.ts', 'guardSecrets('],
      ['app/legacy/merge-host.ts', 'guardSecrets('],
    ],
  },
  {
    way: 'commits of the branch: of operations, of a lock that was ended, and of what a repository is laid out with',
    call: /[.#]store\.swap\(|\bstore\.swap\(/,
    files: [
      ...['app/init/lay-out.ts', 'store/publish/run-turn.ts', 'store/lease/recorded-move.ts'],
      // What a store held before, and that it moved.
      ...[
        'backends/archive/restore-archive.ts',
        'app/migrate/copy-revisions.ts',
        'app/migrate/freeze-store.ts',
      ],
      // What the store holds, into its copy on this machine.
      'backends/copy/copy.ts',
    ],
    guards: [
      ['app/init/lay-out.ts', 'refuseTexts('],
      ['app/init/init-layout.ts', 'refuseTexts('],
    ],
  },
  {
    way: 'locks: names, holders, hosts, run ids, reasons',
    call: /\bleases\.move\(/,
    files: [
      'store/lease/leases.ts',
      'store/lease/recorded-move.ts',
      // Leases that a store held before.
      ...['backends/archive/restore-archive.ts', 'app/migrate/copy-locks.ts'],
    ],
    guards: [
      ['store/lease/leases.ts', 'guardedReason(wanted, wanted.name)'],
      ['store/lease/leases.ts', 'guardedReason(by, undefined)'],
      ['store/lease/guarded-lease.ts', 'guardTexts('],
    ],
  },
  {
    way: 'requests to a forge: titles and bodies',
    call: /\bforge\.(?:create|update)\(/,
    files: ['app/propose/request-to-merge.ts'],
    guards: [
      ['app/propose/propose-operation.ts', 'refuseTexts('],
      ['model/operation/change-title.ts', 'maskSecrets('],
      ['model/operation/proposal-text.ts', 'plainLine('],
      ['model/operation/proposal-text.ts', 'findSecrets('],
    ],
  },
  {
    way: "notifications: texts of events and clusters, to receivers and commands of the server's own configuration",
    call: /\b(?:httpPost|runExec)\((?!$)/,
    files: ['notify/send/exec-command.ts', 'notify/send/http-post.ts', 'notify/send/send.ts'],
    guards: [
      ['notify/message/occurrences-of.ts', 'maskSecrets('],
      ['notify/message/occurrences-of.ts', 'masked('],
    ],
  },
  {
    way: 'branches of proposals',
    call: /\bproposals\.move\(/,
    files: ['app/propose/propose-operation.ts', 'app/propose/resolve-branch.ts'],
    guards: [
      ['app/propose/propose-operation.ts', 'refuseTexts('],
      ['app/propose/resolve-branch.ts', 'refuseTexts('],
    ],
  },
  {
    way: 'committers',
    call: /\b(?:buildCommits|makeCommits|personEnvironment)\((?!$)/,
    files: [
      ...[
        'gitstore/backup/backup.ts',
        'gitstore/objects/git-builder.ts',
        'gitstore/objects/fast-import.ts',
        'gitstore/objects/packed-objects.ts',
        'gitstore/lock/git-empty-commits.ts',
        'gitstore/embedded/embedded-store.ts',
        'gitstore/embedded/made-commits.ts',
      ],
      ...['gitstore/review/merge-branches.ts', 'gitstore/objects/sign-commits.ts'],
    ],
    guards: [
      ['gitstore/backup/backup.ts', 'namedCommitter('],
      ['gitstore/objects/commit-builder.ts', 'namedCommitter('],
      ['gitstore/lock/lock-commits.ts', 'namedCommitter('],
      ['gitstore/review/merge-branches.ts', 'namedCommitter('],
    ],
  },
  {
    way: 'what a failing command prints, which CI keeps',
    call: /\breportFailure\(/,
    files: ['cli/base/base-command.ts', 'cli/base/failure.ts', 'cli/start/main.ts'],
    guards: [['cli/base/failure.ts', 'maskSecrets(']],
  },
  {
    way: 'answers of the server',
    call: /\bgetRequestListener\(/,
    files: ['serve/http/listener.ts'],
    guards: [
      ['serve/app.ts', 'guard(parts.access)'],
      ['serve/http/error-answer.ts', 'OF_THIS_MACHINE.includes(code)'],
    ],
  },
  {
    way: 'pushes of git: they carry what was built above',
    call: /'push'|from '[^']*\/push\.js'/,
    files: [
      ...['gitstore/branch/git-remote.ts', 'gitstore/doctor/doctor-remote.ts'],
      ...['gitstore/embedded/http-remote.ts', 'gitstore/embedded/wire/receive-pack.ts'],
      ...['gitstore/branch/push.ts', 'gitstore/review/git-proposals.ts'],
      // The name of an event that a forge sends here.
      ...['serve/hooks/forge-hooks.ts', 'serve/hooks/hook-routes.ts'],
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
