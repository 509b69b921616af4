/** What a key of git's configuration could do in a copied folder, and what kgit does about it. */
export interface GitKey {
  readonly keys: readonly string[];
  readonly could: string;
  readonly kgit: string;
  /** Whether kgit never runs a program that the key names. */
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
