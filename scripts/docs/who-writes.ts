/** What kgit reads, and who can have written it. The page on settings and the red-team suite use these tables. */

/** Where settings come from, or data. */
export interface ReadFile {
  readonly file: string;
  readonly writer: string;
  /** What it may decide. */
  readonly decides: string;
  /** What keeps others from deciding more. */
  readonly guard: string;
  /** The modules below src/ that read it; none if git or kubectl does. */
  readonly readBy: readonly string[];
}

export const FILES = {
  project: {
    file: '`.kgitrc.yaml` outside of every checkout, without `CI`',
    writer: 'you alone',
    decides: 'all settings of configuration files',
    guard: 'yours, writable by you alone, no symbolic link; else it is not read, which is said',
    readBy: [
      'setup/config.ts',
      'setup/trust.ts',
      'store/local/durable-files.ts',
      'app/config/settings-report.ts',
    ],
  },
  'project-committed': {
    file: '`.kgitrc.yaml` in a checkout (also of a submodule or worktree, and in a bare repository), or where `CI` is set',
    writer: 'whoever can commit there, or propose a commit that you check out',
    decides: 'what `kgit.yaml` may, too',
    guard: 'anything else in it is not applied, which is said; nothing in it ends a command',
    readBy: ['setup/config.ts', 'setup/trust.ts'],
  },
  user: {
    file: '`~/.config/kgit/config.yaml`, also where your home is a checkout of dotfiles',
    writer: 'you alone',
    decides: 'all settings of configuration files',
    guard: 'as `.kgitrc.yaml`',
    readBy: ['setup/config.ts', 'setup/trust.ts', 'app/config/settings-report.ts'],
  },
  'user-committed': {
    file: 'the same in a checkout where `CI` is set, or where `XDG_CONFIG_HOME` leads into the checkout stood in',
    writer: 'whoever can commit there',
    decides: 'what `kgit.yaml` may, too',
    guard: 'as a committed `.kgitrc.yaml`',
    readBy: ['setup/config.ts', 'setup/trust.ts'],
  },
  named: {
    file: 'the file of `--config` or `KGIT_CONFIG`',
    writer: 'you have named it',
    decides: 'all settings of configuration files',
    guard:
      'in a checkout of a state repository, and in any checkout where `CI` is set, `repo` and `user` in it are refused (2)',
    readBy: ['setup/config.ts', 'setup/trust.ts', 'app/config/settings-report.ts'],
  },
  marker: {
    file: '`kgit.yaml` of the state branch',
    writer: 'whoever may push to the branch',
    decides: 'settings with `kgit.yaml` in their row; names and identities of management clusters',
    guard:
      'the published one counts, never that of the files checked out; `validate` takes no setting from it',
    readBy: ['setup/config.ts'],
  },
  signers: {
    file: '`.kgit/signers/` of the state branch',
    writer: 'whoever may push to the branch',
    decides: 'who may sign',
    guard: 'read from the commit that the judged one builds on; `validate` judges a change of it by the base',
    readBy: [],
  },
  records: {
    file: 'events and states of the state branch, lock refs',
    writer: 'whoever may push',
    decides: 'nothing but what is shown',
    guard:
      'bounded, parsed against their schemas, stripped of control characters before they reach a terminal',
    readBy: [
      'commands/merge-state.ts',
      'backends/file/file-key-space.ts',
      'backends/file/numbered-lock.ts',
      'backends/sqlite/sqlite-key-space.ts',
    ],
  },
  attributes: {
    file: '`.gitattributes`, `.gitmodules` of a checkout',
    writer: 'whoever can commit',
    decides: 'which filter of yours a file goes through',
    guard: 'no filter, diff or merge program is named there; submodules are never gone into',
    readBy: ['gitstore/objects/filtered-paths.ts'],
  },
  'bare-in-checkout': {
    file: 'a bare repository that is committed inside a checkout',
    writer: 'whoever can commit there',
    decides: 'nothing',
    guard: 'where you stand in one, it is refused (10) unless `--repo` names it',
    readBy: ['setup/git-places.ts', 'setup/trust.ts'],
  },
  'git-config': {
    file: '`.git/config` of the clone, `HEAD`, refs',
    writer: 'you; of a folder that was copied, whoever made it',
    decides: 'what git lets it: the remote, credential helpers, ssh',
    guard: 'the table of git settings below; of another user, git refuses it (`safe.directory`)',
    readBy: [
      'gitstore/embedded/files.ts',
      'setup/embedded-abilities.ts',
      'setup/git-places.ts',
      'gitstore/embedded/http-access.ts',
      'store/port/means.ts',
      'setup/git-driver.ts',
      'gitstore/repository/repository.ts',
      'gitstore/repository/plain-repository.ts',
      'gitstore/objects/local-objects.ts',
      'gitstore/objects/packed-objects.ts',
      'gitstore/objects/taken-packs.ts',
      'gitstore/checkout/checkouts.ts',
      'gitstore/branch/refs.ts',
      'gitstore/repository/managed-clone.ts',
      'gitstore/history/commit-graph.ts',
      'gitstore/history/pack-upkeep.ts',
      'gitstore/checkout/index-copy.ts',
      'gitstore/checkout/few-files.ts',
      'gitstore/repository/server-durability.ts',
      'gitstore/checkout/settle-checkout.ts',
      'gitstore/checkout/work-trees.ts',
    ],
  },
  hooks: {
    file: '`.git/hooks`, `core.hooksPath`',
    writer: 'as `.git/config`',
    decides: 'nothing',
    guard:
      'no hook of the clone runs in a git of ours; `kgit hooks` writes over or removes only a file that has its own line',
    readBy: ['gitstore/repository/commit-hook.ts'],
  },
  'clone-state': {
    file: '`.git/kgit/`: outbox, leases, journal, notes of times',
    writer: 'as `.git/config`',
    decides: 'what is published next, to the remote that an operation was meant for',
    guard:
      'an operation of another address waits; each is parsed, guarded against secrets and shown by `kgit outbox`',
    readBy: [
      'gitstore/branch/fetched-at.ts',
      'store/local/durable-files.ts',
      'store/publish/push-log.ts',
      'store/local/process-lock.ts',
      'store/outbox/outbox.ts',
      'store/read/trusted-revision.ts',
      'store/local/private-journal.ts',
      'news/journal.ts',
      'news/journal-files.ts',
      'store/lease/held-leases.ts',
      'gitstore/doctor/doctor-folders.ts',
      'gitstore/lock/chain-trimming.ts',
      'backends/keyed/known-line.ts',
      'gitstore/branch/known-tip.ts',
      'gitstore/checkout/move-journal.ts',
      'gitstore/branch/ref-locks.ts',
      'store/local/named-whole.ts',
      'store/outbox/outbox-files.ts',
      'store/outbox/published.ts',
      'store/publish/rewrites.ts',
      'store/lease/seen-tokens.ts',
      'store/local/shared-folders.ts',
      'store/local/damaged-files.ts',
      'store/local/waiting-files.ts',
      'notify/delivery/place.ts',
    ],
  },
  clones: {
    file: '`~/.cache/kgit/clones/`, `~/.local/state/kgit/` for `--repo URL`',
    writer: 'you alone',
    decides: 'as a clone of yours',
    guard:
      'in a checkout where `CI` is set, and elsewhere than in the home in any checkout, they are refused (18)',
    readBy: ['gitstore/repository/managed-clone.ts', 'setup/required-git.ts', 'setup/trust.ts'],
  },
  code: {
    file: '`~/.cache/kgit/code/`: compiled code of kgit',
    writer: 'you alone',
    decides: 'what is run',
    guard: 'yours, writable by you alone, not in a checkout as above; else kgit runs without',
    readBy: ['cli/start/code-cache.ts', 'cli/start/keep-code.ts', 'setup/trust.ts'],
  },
  turns: {
    file: '`~/.cache/kgit/turns/`: whose turn it is to push, and which commits of your clones go along',
    writer: 'you alone',
    decides: 'how long a push waits, 15 seconds at most; which commits a push carries',
    guard:
      'whatever is in it, the write goes on; commits go along only if nobody else can write the file, and a revision or pack is named as git names it',
    readBy: ['store/local/turns.ts', 'store/local/push-line.ts'],
  },
  program: {
    file: 'the files of kgit: scripts, templates, schemas, the list of commands, compiled code in `dist/code/`',
    writer: 'whoever installed it',
    decides: 'what is run',
    guard:
      'found beside the program, never in the folder stood in; compiled code only if you or root own it and nobody else can write it',
    readBy: [
      'cli/start/start.ts',
      'setup/required-git.ts',
      'cli/start/plugin.ts',
      'app/init/template-files.ts',
      'cli/help/print-help.ts',
      'demo/place.ts',
      'demo/sample-cluster.ts',
      'demo/sample-history.ts',
      'sync/script-api/shell-code.ts',
      'serve/api/api-routes.ts',
      'serve/page-files.ts',
      'mcp/mcp-server.ts',
    ],
  },
  kubeconfig: {
    file: '`~/.kube/config`, `KUBECONFIG`, `--kubeconfig`',
    writer: 'you; what you name',
    decides: 'which cluster is asked, and with which login program',
    guard:
      'read by `kubectl`; no setting names a kubeconfig or a context, and `kubectl` does not see `KGIT_TOKEN`',
    readBy: ['k0rdent/kubectl/kubectl.ts'],
  },
  'server-secrets': {
    file: 'the files that `password_file`, `token_file` and `tls` of a back end name',
    writer: 'you name them',
    decides: 'how a server knows you, and which server you trust',
    guard: 'named by your own files alone; bounded; never shown',
    readBy: ['backends/options/secret-files.ts'],
  },
  'sops-keys': {
    file: '`~/.config/sops/age/keys.txt`, `~/.ssh` and other places where sops looks for keys',
    writer: 'you alone',
    decides: 'which secrets of the team you can read',
    guard: 'read by `sops`; `kgit doctor` looks only whether they are there',
    readBy: ['app/doctor/check-team-secrets.ts'],
  },
  'notify-secrets': {
    file: 'the files that `url_file` and `secret_file` of a target of notifications name',
    writer: 'you name them',
    decides: 'where notifications go, and how they are signed',
    guard: 'named by your own files alone; bounded; never shown',
    readBy: ['notify/send/secret-value.ts'],
  },
  'server-files': {
    file: 'the files that `--token-file`, `--hook-secret-file`, `--tls-cert` and `--tls-key` of `kgit serve` name',
    writer: 'you name them',
    decides: 'whom the server lets in, and how clients know it',
    guard: 'named by flags alone; bounded; compared in constant time; never shown',
    readBy: ['serve/http/followed-files.ts'],
  },
  legacy: {
    file: 'state and event files that are imported, mirrored or written by scripts',
    writer: 'whoever runs those scripts',
    decides: 'nothing but what is recorded',
    guard: 'bounded, parsed, guarded against secrets; a subject is named as everywhere',
    readBy: [
      'sync/script-api/file-functions.ts',
      'sync/script-api/script-file.ts',
      'sync/script-api/script-events-file.ts',
      'sync/read/find-legacy-files.ts',
      'sync/read/read-text.ts',
    ],
  },
  input: {
    file: 'standard input, `--file`, `@FILE`, what an editor leaves, backups of `kgit backup`',
    writer: 'you name them',
    decides: 'nothing but what is recorded',
    guard: 'bounded and parsed; a backup is checked as a whole before it changes anything',
    readBy: [
      'cli/input/input.ts',
      'cli/input/editor.ts',
      'gitstore/backup/backup.ts',
      'gitstore/backup/backup-file.ts',
      'gitstore/backup/restore.ts',
      'backends/archive/read-archive.ts',
      'setup/git-abilities.ts',
    ],
  },
  fifos: {
    file: 'the fifos of `kgit shell-init`, below `TMPDIR`',
    writer: 'you alone',
    decides: 'the calls of your script',
    guard:
      'in a new folder for you alone (0700), made by the script, which names it to those that it starts by `KGIT_SHELL_HELPER`; one that is not yours is not used',
    readBy: ['process/shell-slots.ts', 'commands/shell-server.ts'],
  },
  system: {
    file: '`/proc`, `/dev/urandom`, the time',
    writer: 'the system',
    decides: 'nothing but what is recorded',
    guard: '',
    readBy: [
      'setup/this-host.ts',
      'store/local/random-bytes.ts',
      'cli/input/argument-bytes.ts',
      'process/process-tree.ts',
    ],
  },
} as const satisfies Readonly<Record<string, ReadFile>>;

export type FileId = keyof typeof FILES;
