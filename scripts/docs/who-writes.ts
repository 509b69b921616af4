/** What kgit reads, and who can have written it: the pages on settings and the red-team suite are made from these tables. */

/** Where settings come from, or data. */
export interface ReadFile {
  readonly file: string;
  readonly writer: string;
  /** What it may decide. */
  readonly decides: string;
  /** What keeps others from deciding more. */
  readonly guard: string;
  /** The modules below src/ that read it; none where git or kubectl does. */
  readonly readBy: readonly string[];
}

export const FILES = {
  project: {
    file: '`.kgitrc.yaml` outside of every checkout, without `CI`',
    writer: 'you alone',
    decides: 'all settings of configuration files',
    guard: 'yours, writable by you alone, no symbolic link; else it is not read, which is said',
    readBy: ['config.ts', 'trust.ts', 'store/durable-files.ts'],
  },
  'project-committed': {
    file: '`.kgitrc.yaml` in a checkout (also of a submodule or worktree, and in a bare repository), or where `CI` is set',
    writer: 'whoever can commit there, or propose a commit that you check out',
    decides: 'what `kgit.yaml` may, too',
    guard: 'anything else in it is not applied, which is said; nothing in it ends a command',
    readBy: ['config.ts', 'trust.ts'],
  },
  user: {
    file: '`~/.config/kgit/config.yaml`, also where your home is a checkout of dotfiles',
    writer: 'you alone',
    decides: 'all settings of configuration files',
    guard: 'as `.kgitrc.yaml`',
    readBy: ['config.ts', 'trust.ts'],
  },
  'user-committed': {
    file: 'the same in a checkout where `CI` is set, or where `XDG_CONFIG_HOME` leads into the checkout stood in',
    writer: 'whoever can commit there',
    decides: 'what `kgit.yaml` may, too',
    guard: 'as a committed `.kgitrc.yaml`',
    readBy: ['config.ts', 'trust.ts'],
  },
  named: {
    file: 'the file of `--config` or `KGIT_CONFIG`',
    writer: 'you have named it',
    decides: 'all settings of configuration files',
    guard:
      'in a checkout of a state repository, and in any checkout where `CI` is set, `repo` and `user` in it are refused (2)',
    readBy: ['config.ts', 'trust.ts'],
  },
  marker: {
    file: '`kgit.yaml` of the state branch',
    writer: 'whoever may push to the branch',
    decides: 'settings with `kgit.yaml` in their row; names and identities of management clusters',
    guard:
      'the published one counts, never that of the files checked out; `validate` takes no setting from it',
    readBy: ['config.ts'],
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
    readBy: ['commands/merge-state.ts'],
  },
  attributes: {
    file: '`.gitattributes`, `.gitmodules` of a checkout',
    writer: 'whoever can commit',
    decides: 'which filter of yours a file goes through',
    guard: 'no filter, diff or merge program is named there; submodules are never gone into',
    readBy: ['gitstore/filtered-paths.ts'],
  },
  'bare-in-checkout': {
    file: 'a bare repository that is committed inside a checkout',
    writer: 'whoever can commit there',
    decides: 'nothing',
    guard: 'where you stand in one, it is refused (10) unless `--repo` names it',
    readBy: ['composition.ts', 'trust.ts'],
  },
  'git-config': {
    file: '`.git/config` of the clone, `HEAD`, refs',
    writer: 'you; of a folder that was copied, whoever made it',
    decides: 'what git lets it: the remote, credential helpers, ssh',
    guard: 'the table of git settings below; of another user, git refuses it (`safe.directory`)',
    readBy: [
      'composition.ts',
      'gitstore/repository.ts',
      'gitstore/checkouts.ts',
      'gitstore/refs.ts',
      'gitstore/managed-clone.ts',
      'gitstore/commit-graph.ts',
      'gitstore/pack-upkeep.ts',
    ],
  },
  hooks: {
    file: '`.git/hooks`, `core.hooksPath`',
    writer: 'as `.git/config`',
    decides: 'nothing',
    guard: 'no hook of the clone runs in a git of ours',
    readBy: [],
  },
  'clone-state': {
    file: '`.git/kgit/`: outbox, leases, journal, notes of times',
    writer: 'as `.git/config`',
    decides: 'what is published next, to the remote that an operation was meant for',
    guard:
      'an operation of another address waits; each is parsed, guarded against secrets and shown by `kgit outbox`',
    readBy: [
      'gitstore/inbox-refs.ts',
      'gitstore/fetched-at.ts',
      'store/durable-files.ts',
      'store/push-log.ts',
      'store/publish-lock.ts',
      'store/outbox.ts',
      'store/trusted-revision.ts',
      'store/private-journal.ts',
      'store/held-leases.ts',
      'store/doctor-folders.ts',
    ],
  },
  clones: {
    file: '`~/.cache/kgit/clones/`, `~/.local/state/kgit/` for `--repo URL`',
    writer: 'you alone',
    decides: 'as a clone of yours',
    guard:
      'in a checkout where `CI` is set, and elsewhere than in the home in any checkout, they are refused (18)',
    readBy: ['gitstore/managed-clone.ts', 'gitstore/git-version.ts', 'trust.ts'],
  },
  code: {
    file: '`~/.cache/kgit/code/`: compiled code of kgit',
    writer: 'you alone',
    decides: 'what is run',
    guard: 'yours, writable by you alone, not in a checkout as above; else kgit runs without',
    readBy: ['start/code-cache.ts', 'trust.ts'],
  },
  program: {
    file: 'the files of kgit: scripts, templates, schemas, the list of commands',
    writer: 'whoever installed it',
    decides: 'what is run',
    guard: 'found beside the program, never in the folder stood in',
    readBy: [
      'commands/init.ts',
      'start/start.ts',
      'plugin.ts',
      'gitstore/template-files.ts',
      'commands/shell-init.ts',
    ],
  },
  kubeconfig: {
    file: '`~/.kube/config`, `KUBECONFIG`, `--kubeconfig`',
    writer: 'you; what you name',
    decides: 'which cluster is asked, and with which login program',
    guard:
      'read by `kubectl`; no setting names a kubeconfig or a context, and `kubectl` does not see `KGIT_TOKEN`',
    readBy: ['k0rdent/kubectl.ts'],
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
      'sync/find-legacy-files.ts',
      'sync/read-text.ts',
    ],
  },
  input: {
    file: 'standard input, `--file`, `@FILE`, what an editor leaves, bundles of `kgit backup`',
    writer: 'you name them',
    decides: 'nothing but what is recorded',
    guard: 'bounded and parsed; a bundle is checked beside its target before it replaces anything',
    readBy: [
      'cli/input.ts',
      'cli/editor.ts',
      'gitstore/backup.ts',
      'gitstore/restore.ts',
      'commands/clone.ts',
    ],
  },
  fifos: {
    file: 'the fifos of `kgit shell-init`, below `TMPDIR`',
    writer: 'you alone',
    decides: 'the calls of your script',
    guard: 'in a new folder for you alone (0700), made by the script; one that is not yours is not used',
    readBy: ['cli/shell-slots.ts', 'commands/shell-server.ts'],
  },
  system: {
    file: '`/proc`, `/dev/urandom`, the time',
    writer: 'the system',
    decides: 'nothing but what is recorded',
    guard: '',
    readBy: ['this-host.ts', 'store/random-bytes.ts'],
  },
} as const satisfies Readonly<Record<string, ReadFile>>;

export type FileId = keyof typeof FILES;

/** What a key of git's configuration can do in a folder that was copied, and what kgit does about it. */
export interface GitKey {
  readonly keys: readonly string[];
  readonly could: string;
  readonly kgit: string;
  /** Whether a program that it names never runs by kgit. */
  readonly isBlocked: boolean;
}

export const GIT_KEYS: readonly GitKey[] = [
  {
    keys: ['core.hooksPath'],
    could: 'run programs at commits, checkouts and pushes',
    kgit: 'turned off, as `.git/hooks`',
    isBlocked: true,
  },
  {
    keys: ['core.fsmonitor'],
    could: 'run a program whenever files are looked at',
    kgit: 'turned off',
    isBlocked: true,
  },
  {
    keys: ['remote.*.uploadpack', 'remote.*.receivepack'],
    could: 'run another program at the remote, which may be this machine',
    kgit: "git's own are named",
    isBlocked: true,
  },
  {
    keys: ['remote.*.vcs', 'protocol.*.allow', 'url.ext::.insteadOf'],
    could: 'reach a remote by a program',
    kgit: 'https, http, ssh, git and folders alone (`GIT_ALLOW_PROTOCOL`)',
    isBlocked: true,
  },
  {
    keys: ['core.pager', 'pager.*', 'alias.*', 'diff.external', 'diff.*.command', 'diff.*.textconv'],
    could: 'run a program when something is shown',
    kgit: 'no pager, no alias, no such output is asked for',
    isBlocked: true,
  },
  {
    keys: ['submodule.*', 'fetch.recurseSubmodules', 'push.recurseSubmodules'],
    could: 'go to the addresses of `.gitmodules`',
    kgit: 'turned off',
    isBlocked: true,
  },
  {
    keys: ['url.*.insteadOf', 'url.*.pushInsteadOf', 'include.path'],
    could: 'lead to another server than the remote names',
    kgit: 'as git; `KGIT_TOKEN` goes to another host only where your own configuration says so, and no token to another host of `pushInsteadOf`',
    isBlocked: false,
  },
  {
    keys: ['http.proxy', 'remote.*.proxy', 'http.sslVerify', 'http.sslCAInfo', 'http.extraHeader'],
    could: 'have others read along',
    kgit: 'as git',
    isBlocked: false,
  },
  {
    keys: ['core.sshCommand', 'core.gitProxy', 'core.askPass', 'credential.helper'],
    could: 'run a program when the remote is asked',
    kgit: 'as git, when a remote is asked; an askpass program never sees the token, and a helper is asked first and given none',
    isBlocked: false,
  },
  {
    keys: ['filter.*.clean', 'filter.*.smudge', 'filter.*.process', 'merge.*.driver'],
    could: 'run a program when files of a checkout are written or merged',
    kgit: 'as git, where `.gitattributes` names it',
    isBlocked: false,
  },
  {
    keys: ['gpg.program', 'gpg.ssh.program', 'core.editor', 'sequence.editor'],
    could: 'run a program at a signature, or for `kgit edit`',
    kgit: 'as git, where `commit.gpgSign` is on, or you edit; `verify` asks its own keyring',
    isBlocked: false,
  },
];

/** Variables that are no settings, by what they are for; who starts kgit writes them. */
export const VARIABLES: readonly (readonly [names: readonly string[], about: string])[] = [
  [['KGIT_CONFIG'], 'the file of `--config`'],
  [
    ['KGIT_TOKEN'],
    "the token for the host of the remote that you have configured: `--repo`, `KGIT_REPO`, your own files, the clone's `.git/config`",
  ],
  [['GH_TOKEN', 'GITHUB_TOKEN'], 'the token for the host of `GITHUB_SERVER_URL`'],
  [['GITLAB_TOKEN', 'CI_JOB_TOKEN'], 'the token for `CI_SERVER_HOST`'],
  [['GITHUB_SERVER_URL', 'CI_SERVER_HOST', 'CI_SERVER_PORT'], "which host is the CI's own"],
  [['GITEA_ACTIONS', 'FORGEJO_ACTIONS'], 'which forge that host is'],
  [
    ['CI'],
    "a write that cannot be published fails instead of waiting (`--require-publish`), and what is checked out is a stranger's",
  ],
  [['GITHUB_ACTOR', 'GITLAB_USER_LOGIN'], 'who acts, where neither `--user` nor the setting `user` says it'],
  [['KGIT_RUN_ID', 'GITHUB_RUN_ID', 'CI_PIPELINE_ID'], 'the run id of events, where `--run-id` is not given'],
  [['GITHUB_REPOSITORY', 'CI_PIPELINE_URL'], "the link to the run, kept in an event's `context.run_url`"],
  [['KGIT_LEASE'], 'the lease that `kgit lock -- COMMAND` holds for its command'],
  [['GIT_EDITOR', 'VISUAL', 'EDITOR', 'TERM'], 'the editor of `kgit edit`'],
  [['HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'], 'where your own files lie'],
  [['PATH', 'SHELL', 'USER', 'LOGNAME'], 'where git and kubectl are, and who you are, as for every program'],
  [['NO_COLOR', 'FORCE_COLOR'], 'no colours, or colours in any case'],
  [
    ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'],
    'the cluster that `kubectl` asks, as always',
  ],
  [
    [
      ...['GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_ASKPASS', 'SSH_ASKPASS', 'GIT_PROXY_COMMAND', 'GIT_CONFIG_*'],
      ...['GIT_SSL_*', 'GIT_CURL_*', 'GIT_HTTP_PROXY_AUTHMETHOD', 'GIT_CEILING_DIRECTORIES'],
      ...['GIT_DISCOVERY_ACROSS_FILESYSTEM', 'XDG_RUNTIME_DIR'],
    ],
    'what git itself takes from them; what names a repository, as `GIT_DIR`, is kept from it',
  ],
];
