/** What a server means by refusing a push. */
export type RefusalMeaning =
  /** Another writer was faster: fetch, apply again, push again. */
  | 'lost-race'
  /** A lock file at the server is in the way, of a write in progress or of a process that died. */
  | 'held-lock'
  /** Another ref of the same push failed, and gives the reason. */
  | 'other-ref'
  /** The push, or one file in it, is larger than the server takes. */
  | 'too-large'
  /** The server knows us and does not let us write. */
  | 'denied'
  | 'refused'
  /** The server itself failed: it may work later. */
  | 'server-fault';

/** What a refusal is about: the branch, so that every push fails, or the commits of this push. */
export type RefusalScope = 'branch' | 'commits';

/** A server's wording for a ref that it did not move. */
export interface Refusal {
  /** The servers that use it. */
  readonly server: string;
  /** The wording, in the status of the ref or on a line from the server. */
  readonly pattern: RegExp;
  readonly means: RefusalMeaning;
  /** What is refused, if the text tells. */
  readonly scope?: RefusalScope;
}

/**
 * Known refusals of servers, for writes of the branch and of locks alike. The first row that matches counts, so
 * specific rows stand before general ones. A text without a row is not yet a refusal: the caller checks the refs first.
 * `test/gitstore/branch/refusals.tsv` has a recorded text for each row.
 */
export const REFUSALS: readonly Refusal[] = [
  { server: 'git', pattern: /Unable to create '[^']*\.lock': File exists/, means: 'held-lock' },
  {
    server: 'git',
    pattern: /\[rejected\] (?:\S+ -> \S+ )?\((fetch first|non-fast-forward|stale info|already exists)\)/,
    means: 'lost-race',
  },
  {
    server: 'git, GitHub',
    pattern:
      /is at [0-9a-f]+ but expected [0-9a-f]+|reference already exists|incorrect old value|unable to resolve reference '[^']*'(?!: reference broken)/,
    means: 'lost-race',
  },
  { server: 'JGit', pattern: /\((invalid old id sent|failed to lock|lock failure)\b/i, means: 'lost-race' },
  { server: 'Azure DevOps', pattern: /TF401028: /, means: 'lost-race' },
  {
    server: 'git, JGit',
    pattern: /\(atomic (push (failed|failure)|transaction failed)\)|\(transaction aborted\)/,
    means: 'other-ref',
  },
  {
    server: 'Gitea',
    pattern:
      /Internal Server (Error \(no message for end users\)|Connection Error|Error Decoding Failed|Response (Reading|Decoding) Failed)/,
    means: 'server-fault',
  },
  {
    server: 'GitLab',
    pattern: /GitLab: (Internal API (unreachable|error)|Failed to contact)/,
    means: 'server-fault',
  },
  {
    server: 'GitHub, JGit',
    pattern: /\((internal( server)? error|server error)\b|^remote: Internal Server Error/im,
    means: 'server-fault',
  },
  {
    server: 'nginx and others',
    pattern: /HTTP 413\b|returned error: 413/,
    means: 'too-large',
  },
  { server: 'git', pattern: /pack exceeds maximum allowed size/, means: 'too-large' },
  {
    server: 'JGit, Gerrit',
    pattern: /(pack|object|push) .*exceeds .*(limit|maximum)|maximum object size limit/i,
    means: 'too-large',
  },
  {
    server: 'GitHub, GitLab',
    pattern: /GH001: |exceeds? (GitHub's|the) .*(limit|maximum)|exceeds the maximum/i,
    means: 'too-large',
  },
  {
    server: 'Gitea',
    pattern:
      /is protected from (changing file|unverified commit)|Not allowed to (push to|delete) protected files?/i,
    means: 'refused',
    scope: 'commits',
  },
  {
    server: 'Gitea',
    pattern: /is protected from (force push|deletion)/,
    means: 'refused',
    scope: 'branch',
  },
  { server: 'Gitea', pattern: /User permission denied for writing/, means: 'denied' },
  {
    server: 'GitHub',
    pattern:
      /Push cannot contain|GH009: |(?:commit message|author email|committer email|file path|file extension)s? .*(must|match|restricted|not allowed)/i,
    means: 'refused',
    scope: 'commits',
  },
  {
    server: 'GitLab',
    pattern:
      /GitLab: (?:Commit message|Author '|Committer '|Commit author|File name|Commit must be signed|.*does not follow the pattern|.*prohibited by the pattern)/i,
    means: 'refused',
    scope: 'commits',
  },
  { server: 'gitolite', pattern: /DENIED by VREF\//, means: 'refused', scope: 'commits' },
  { server: 'gitolite', pattern: /FATAL: \S+ .*\bDENIED by /, means: 'denied' },
  {
    server: 'GitHub, GitLab, Gitea, Bitbucket',
    pattern:
      /GH006: |protected branch|Changes must be made through a pull request|Cannot update this protected ref|only be modified through pull requests/i,
    means: 'refused',
    scope: 'branch',
  },
  { server: 'Azure DevOps', pattern: /TF402455: /, means: 'refused', scope: 'branch' },
  {
    server: 'git',
    pattern:
      /deny updating a hidden ref|branch is currently checked out|shallow update not allowed|\[remote rejected\] (?:\S+ -> \S+ )?\(non-fast-forward\)/,
    means: 'refused',
    scope: 'branch',
  },
  {
    server: 'Gerrit',
    pattern: /prohibited by Gerrit|\(can not update the reference/i,
    means: 'refused',
    scope: 'branch',
  },
  { server: 'git', pattern: /hook declined\b|\(hook /, means: 'refused' },
  { server: 'GitHub', pattern: /push declined due to repository rule violations/, means: 'refused' },
];

/** The refusal that a server's words match; null if they are unknown. */
export function refusalOf(said: string): Refusal | null {
  return REFUSALS.find(({ pattern }) => pattern.test(said)) ?? null;
}
