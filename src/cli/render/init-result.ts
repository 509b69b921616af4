/** The result of `kgit init`, as text and JSON. */
import type { InitIntent, Initialized, PlannedInit } from '../../app/init/init-repository.js';
import { CI_FILES } from '../../model/subject/layout.js';
import { type DeploymentSubject, formatSubject } from '../../model/subject/subject.js';
import { DEFAULT_BRANCH } from '../../setup/git-places.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { CommandResult, Screen } from '../../terminal/output.js';
import { proposalLines } from './write/proposal-lines.js';

/** What `kgit init` did. */
export interface InitResult {
  /** Absolute path of the folder, or the user's name for a server. */
  readonly path: string;
  /** What users call the line of revisions: the branch. */
  readonly name: string;
  readonly revision: string | null;
  /** The address that it publishes to, without credentials; null if there is none. */
  readonly address: string | null;
  /** Null if only a deployment was proposed. */
  readonly laid: Initialized | null;
  /** The deployment that was asked for; null if none was. */
  readonly subject: DeploymentSubject | null;
  /** How the deployment was written; null if it existed. */
  readonly begun: WriteOutcome | null;
}

const NOTHING = { added: [], attempts: 0, made: null, synced: null };

/** Builds the result of `kgit init`. */
export function initResult(result: InitResult): CommandResult {
  const { path, name, revision, address, laid, subject, begun } = result;
  const { added, attempts, made, synced } = laid ?? NOTHING;
  const where = `${name}@${(revision ?? '').slice(0, 10)}${address ? `, published to ${address}` : ', purely local'}`;
  return {
    json: {
      path,
      branch: name,
      revision,
      remote: address,
      added,
      deployment: subject?.id ?? null,
      operation: begun?.operation ?? null,
      delivery: begun?.delivery ?? (added.length > 0 ? 'published' : 'unchanged'),
      attempts: attempts + (begun?.attempts ?? 0),
      madeRemote: made,
      configured: synced,
      ...(begun?.proposal ? { proposal: begun.proposal } : {}),
    },
    names: [path],
    lines: (screen) => [
      `${screen.style('green', '✓')} state repository ${screen.style('bold', path)} ${screen.style('dim', where)}`,
      ...addedLines({ added, made, synced }, address ?? path, screen),
      ...(subject === null ? [] : [begunLine(subject, begun, screen)]),
      ...(begun ? proposalLines(begun, screen) : []),
    ],
  };
}

/**
 * Builds the result of `kgit init --dry-run`.
 * @param name null if there is no repository yet
 */
export function plannedInitResult(
  { remote }: InitIntent,
  { path, name, added }: PlannedInit,
  subject: DeploymentSubject | null,
): CommandResult {
  return {
    json: {
      path,
      branch: name ?? DEFAULT_BRANCH,
      revision: null,
      remote: remote ?? null,
      added,
      deployment: subject?.id ?? null,
      operation: null,
      delivery: 'dry-run',
      attempts: 0,
      madeRemote: null,
      configured: null,
    },
    names: [path],
    lines: ({ style }) => [
      `${style('green', '✓')} would set up ${style('bold', path)}`,
      ...added.map((file) => `  ${style('dim', '+')} ${file}`),
    ],
  };
}

function begunLine(subject: DeploymentSubject, begun: WriteOutcome | null, { style }: Screen): string {
  return `${style('green', '✓')} ${formatSubject(subject)} ${begun ? `created, ${begun.delivery}` : 'exists already'}`;
}

/**
 * Formats what was added.
 * @param where the user's name for the repository that state is published to
 */
function addedLines(
  { added, made, synced }: Pick<Initialized, 'added' | 'made' | 'synced'>,
  where: string,
  { style }: Screen,
): string[] {
  const line = (what: string, why?: string) =>
    `  ${style('dim', '+')} ${what}${why === undefined ? '' : ` ${style('dim', why)}`}`;
  return [
    ...added.map((file) => line(file)),
    ...(made === null ? [] : [line(made, "the remote's repository")]),
    ...(synced === null ? [] : [line(synced, `in ${where}: acknowledged pushes survive a power cut`)]),
    // A job must not install kgit by a name that nobody owns at the registry.
    ...(CI_FILES.some((file) => added.includes(file))
      ? [
          `  ${style('yellow', '!')} CI installs kgit from a tarball that you keep: set the variables KGIT_TARBALL and`,
          `    KGIT_SHA256 of the repository (docs/ci.md, 'Install kgit in a job')`,
        ]
      : []),
  ];
}
