/** Whether a later retry may help (unreachable), or somebody must act first (denied). */
export type FaultKind = 'denied' | 'unreachable';

/** One way in which contacting a remote fails. */
export interface RemoteFault {
  /** `data.cause` of the error. */
  readonly cause: string;
  readonly kind: FaultKind;
  /** Messages of git, ssh, curl and forges, in English; `test/gitstore/process/remote-fault.test.ts` has samples. */
  readonly pattern: RegExp;
  readonly says: string;
  /** What to do; for an unreachable remote, when to try again. */
  readonly advice: string;
}

/** Messages for a connection that broke. */
export const BROKEN_OFF =
  /unexpected disconnect|hung up unexpectedly|early EOF|RPC failed|Connection (?:reset|closed|aborted|was reset)|closed by (?:remote|foreign) host|Broken pipe|recv error|recv failure|SSL_read|SSL_connect|TLS connection|Empty reply|transfer closed|unexpected EOF/i;

const CERTIFICATE =
  'Check the date of this machine and who signed it; an authority of your own: http.sslCAInfo';
const TOKEN = 'Set KGIT_TOKEN, or a credential helper of git; docs/ci.md says which token';

const DAMAGED =
  /^(remote: )?(fatal|error): .*(object file|loose object|stored in) \.\/objects|repository corruption on the remote side|^remote: (fatal|error): (object file|loose object|.*unresolved deltas|unable to read|missing (blob|tree|commit))|not our ref 0{40}/m;

/** Whether git's error output says that objects of the remote repository are broken or missing. */
export function isDamaged(stderr: string): boolean {
  return DAMAGED.test(stderr);
}

/** The first match counts: specific messages come before general ones. */
const REMOTE_FAULTS: readonly RemoteFault[] = [
  {
    cause: 'host-key-changed',
    kind: 'denied',
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    says: 'its host key is not the one that this machine knows',
    advice: 'Ask who runs it whether the key was changed; only then: ssh-keygen -R HOST, and connect once',
  },
  {
    cause: 'host-key-unknown',
    kind: 'denied',
    pattern: /Host key verification failed|No \S+ host key is known/,
    says: 'its host key is not known here',
    advice: 'Compare its fingerprint with the published one and add it to known_hosts: ssh-keyscan HOST',
  },
  {
    cause: 'ssh-key',
    kind: 'denied',
    pattern: /Permission denied \(/,
    says: 'it accepts none of your ssh keys',
    advice: 'Load the right key (ssh-add -l shows those loaded), or have it added there',
  },
  {
    cause: 'ssh-missing',
    kind: 'denied',
    pattern: /cannot (?:run|exec) \S*: No such file|\bssh: (command )?not found/,
    says: 'ssh cannot be run',
    advice: 'Install an ssh client, or check GIT_SSH_COMMAND and core.sshCommand',
  },
  {
    cause: 'certificate-host',
    kind: 'denied',
    pattern: /does not match target host name|no alternative certificate subject name/i,
    says: 'its certificate is for another host',
    advice: 'Use the name that the certificate has',
  },
  {
    cause: 'certificate-expired',
    kind: 'denied',
    pattern: /certificate (has )?expired|certificate is not yet valid/i,
    says: 'its certificate is not valid now',
    advice: CERTIFICATE,
  },
  {
    cause: 'certificate-client',
    kind: 'denied',
    pattern: /certificate (is )?required|alert (bad|unknown) certificate|alert handshake failure/i,
    says: 'it asks for a client certificate',
    advice: 'Set http.sslCert and http.sslKey',
  },
  {
    cause: 'certificate',
    kind: 'denied',
    pattern: /certificate verif(y|ication) failed|SSL certificate problem/i,
    says: 'its certificate is not trusted here, or has expired',
    advice: CERTIFICATE,
  },
  {
    cause: 'proxy',
    kind: 'denied',
    pattern: /CONNECT tunnel failed, response 4\d\d|HTTP code 4\d\d from proxy|returned error: 407/,
    says: 'the proxy does not let us through',
    advice: 'Check https_proxy and http.proxy, and your access to the proxy',
  },
  {
    cause: 'proxy',
    kind: 'denied',
    pattern: /Unsupported proxy/,
    says: 'the proxy that the settings name cannot be used',
    advice: 'Check https_proxy, all_proxy and http.proxy; without git, it must be one of http or https',
  },
  {
    cause: 'extra-header',
    kind: 'denied',
    pattern: /^kgit: http\.extraHeader is set/m,
    says: "it does not accept the header of git's http.extraHeader, which goes before KGIT_TOKEN",
    advice:
      'Remove a stale one: git config --show-origin --name-only --get-regexp extraheader, then git config --unset-all NAME (actions/checkout: persist-credentials: false)',
  },
  {
    cause: 'unauthorized',
    kind: 'denied',
    pattern: /^kgit: no credential helper is asked/m,
    says: 'it does not know who you are',
    advice:
      'Set KGIT_TOKEN, which goes to https alone: without git, kgit reads no credential helper and no .netrc; docs/ci.md says which token',
  },
  {
    cause: 'unauthorized',
    kind: 'denied',
    pattern:
      /Authentication failed|could not read (Username|Password)|Access denied|returned error: 401|HTTP 401/,
    says: 'it does not know who you are',
    advice: TOKEN,
  },
  {
    cause: 'archived',
    kind: 'denied',
    pattern: /archived so it is read-only|\b(repo|repository|project)\b.* is archived/i,
    says: 'it is archived, and takes no writes',
    advice: 'Ask its owner to unarchive it, or use another repository',
  },
  {
    cause: 'object-format',
    kind: 'denied',
    pattern: /does not support this repository's hash algorithm|mismatched algorithms/,
    says: 'it is a repository of another object format (sha256), and kgit works with sha1',
    advice: 'Use a repository that was made without --object-format=sha256',
  },
  {
    cause: 'too-large',
    kind: 'denied',
    pattern: /returned error: 413|HTTP 413/,
    says: 'it does not take so much at once',
    advice: 'Ask who runs it to allow larger pushes (nginx: client_max_body_size)',
  },
  {
    cause: 'forbidden',
    kind: 'denied',
    pattern:
      /returned error: 403|HTTP 403|Permission to \S+ denied|not allowed to (push|upload|download)|Write access to repository not granted/i,
    says: 'you may not do this there',
    advice: 'Ask for write access, or use a token or deploy key that has it',
  },
  {
    cause: 'not-found',
    kind: 'denied',
    pattern:
      /returned error: 404|HTTP 404|repository '[^']*' not found|Repository not found|does not (exist|appear to be a git repository)|could not be found|Repository unavailable/i,
    says: 'there is no such repository, or you may not see it',
    advice: "Check the remote's address and your access to it: git ls-remote",
  },
  {
    cause: 'server-error',
    kind: 'unreachable',
    pattern: /returned error: (5\d\d|429)|HTTP (5\d\d|429)/,
    says: 'the server reports an error',
    advice: 'when it is well again',
  },
  {
    cause: 'damaged',
    kind: 'denied',
    pattern: DAMAGED,
    says: 'objects of its repository are broken or missing',
    advice:
      "Ask its operator to run 'git fsck' there and to reset the branch to its last intact commit; then kgit finds which writes of this clone are missing",
  },
  {
    cause: 'not-git',
    kind: 'denied',
    pattern:
      /is this a git repository\?|git-http-push'? failed|no DAV locking|protocol error|bad line length|invalid server response|expected flush/,
    says: 'the server there is not a git server',
    advice: "Check the remote's address, and whether a proxy or a login page answers in its place",
  },
  {
    cause: 'transport',
    kind: 'denied',
    pattern: /transport '\S+' not allowed|strange (pathname|hostname|port) '/,
    says: 'kgit does not use such an address',
    advice: 'Use https, ssh, git or a file',
  },
  {
    cause: 'ref-ambiguous',
    kind: 'denied',
    pattern: /dst refspec \S+ matches more than one/,
    says: 'the branch is ambiguous there: another ref ends in its full name',
    advice: 'Find it with git ls-remote REMOTE and delete it: git push REMOTE :refs/heads/refs/heads/BRANCH',
  },
  {
    cause: 'remote-broken-ref',
    kind: 'denied',
    pattern: /^remote: (?:fatal|error): bad object refs\//m,
    says: 'a ref of its repository names nothing, and so it takes no push',
    advice:
      "Ask its operator to remove the file if a sync program made it (a server must not lie in a synced folder). If the branch itself lost its commit, reset it with git update-ref to the last one that 'git fsck' finds intact: kgit then finds which writes of this clone are missing",
  },
  {
    cause: 'bad-objects',
    kind: 'denied',
    pattern:
      /fsck error in (?:packed|pack) object|\b(?:hasDotgit|hasDotdot|hasDot|fullPathname|badTree|treeNotSorted|duplicateEntries): /,
    says: 'its history holds an object that git refuses',
    advice: 'Ask its operator to check the history with git fsck and to remove the object',
  },
  {
    cause: 'bad-pack',
    kind: 'unreachable',
    pattern: /pack is corrupted|invalid index-pack output|inflate: data stream error/,
    says: 'what it sent is damaged',
    advice:
      "again; if it stays so, a proxy may change what it sends, or its operator finds more with 'git fsck'",
  },
  {
    cause: 'disk-full',
    kind: 'unreachable',
    pattern: /^remote: .*(No space left on device|Disk quota exceeded)/m,
    says: 'its disk is full',
    advice: 'when it has room again',
  },
  {
    cause: 'dns',
    kind: 'unreachable',
    pattern: /Could not resolve|Name or service not known|Temporary failure in name resolution/i,
    says: 'its name cannot be resolved',
    advice: 'when the network is back',
  },
  {
    cause: 'timeout',
    kind: 'unreachable',
    pattern: /timed? ?out/i,
    says: 'it did not answer in time',
    advice: 'when it answers again, or give more time with --timeout',
  },
  {
    cause: 'refused',
    kind: 'unreachable',
    pattern: /Connection refused|Couldn't connect to server|Failed to connect/i,
    says: 'nothing accepts connections there',
    advice: 'when it is up again',
  },
  {
    cause: 'network',
    kind: 'unreachable',
    pattern: /Network is (unreachable|down)|No route to host|Host is down/i,
    says: 'the network does not reach it',
    advice: 'when the network is back',
  },
  {
    cause: 'connection-lost',
    kind: 'unreachable',
    pattern: BROKEN_OFF,
    says: 'the connection broke',
    advice: 'when the network is back',
  },
];

/** For unknown messages: not a denial, but no reason to blame the network either. */
const UNKNOWN: Omit<RemoteFault, 'pattern'> = {
  cause: 'unknown',
  kind: 'unreachable',
  says: 'git failed to talk to it',
  advice: "again; if it keeps failing, 'kgit doctor' finds out more",
};

/** The meaning of git's error output. */
export function remoteFault(stderr: string): Omit<RemoteFault, 'pattern'> {
  return REMOTE_FAULTS.find(({ pattern }) => pattern.test(stderr)) ?? UNKNOWN;
}
