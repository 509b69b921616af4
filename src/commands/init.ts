import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { laidOutLines, type Prepared } from '../cli/render/laid-out-lines.js';
import { listingManagement, namingLockPlace, withManagement } from '../cli/render/marker-text.js';
import { proposalLines } from '../cli/render/write/proposal-lines.js';
import { KgitError, UsageError } from '../errors.js';
import { LOCK_FOLDERS } from '../gitstore/lock/lock-folders.js';
import { Git, withoutCredentials } from '../gitstore/process/git.js';
import { requireGit } from '../gitstore/repository/git-version.js';
import {
  type LaidOut,
  type Layout,
  layOut,
  makeFolder,
  missingFiles,
  openOrNull,
  prepareRepository,
} from '../gitstore/repository/prepare-repository.js';
import { folderOfAddress, makeServer, syncPushes } from '../gitstore/repository/server-durability.js';
import { CI_SYSTEMS, type CiSystem, templateFiles } from '../gitstore/repository/template-files.js';
import { formatTimestamp } from '../model/event/event.js';
import type { LockPlace } from '../model/lease/lock-place.js';
import type { Actor } from '../model/operation/operation.js';
import { refuseTexts } from '../model/secret/guard-secrets.js';
import { MARKER_FILE } from '../model/subject/layout.js';
import { parseRepositorySpec } from '../model/subject/repository-spec.js';
import { type DeploymentSubject, deployment, formatSubject, isLabel } from '../model/subject/subject.js';
import { openStateRepository } from '../setup/composition.js';
import { facetOf, requireGitBackend } from '../setup/facet-of.js';
import { DEFAULT_BRANCH, liesAt } from '../setup/git-driver.js';
import { actorOf } from '../setup/identity.js';
import type { Settings } from '../setup/settings.js';
import { thisHost } from '../setup/this-host.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import type { Backend } from '../store/port/backend.js';
import type { Revision } from '../store/port/state-store.js';
import { readState } from '../store/read/records.js';
import type { CommandResult, Screen } from '../terminal/output.js';

const NOTHING_LAID_OUT = { added: [], revision: null, attempts: 0, made: null, synced: null };

export default class Init extends WriteCommand<typeof Init> {
  static override summary = 'Lay out a state repository.';
  static override description = helpText(
    WriteCommand,
    `Makes DIR (by default the current folder) a state repository with its first commit, and publishes it to the remote where there is one; a remote that is a folder is made where it is missing, and set up so that a power cut loses nothing that was acknowledged (core.fsync), unless that is set already. Where parts of it are there already, adds what is missing and touches nothing else. It proves with a lock of its own where locks can live at the remote; where that is among the branches alone, kgit.yaml says so from then on (locks). With --propose nothing is laid out, and the deployment is proposed.`,
  );
  static override examples = [
    '<%= config.bin %> init state --deployment k0rdent-abc123',
    '<%= config.bin %> init state --remote git@github.com:team/state.git --ci github',
    '<%= config.bin %> init . --management eu-hub',
    '<%= config.bin %> init . --deployment k0rdent-def456 --propose',
  ];
  static override args = { dir: Args.string({ description: 'The folder; the current one if left out.' }) };
  static override flags = {
    ...PROPOSE_FLAGS,
    remote: Flags.string({ helpValue: 'URL', summary: 'Where it is published.' }),
    deployment: Flags.string({ helpValue: 'ID', summary: 'Begin a deployment, too.' }),
    management: Flags.string({
      helpValue: 'NAME',
      summary: 'Name of the k0rdent management cluster (default).',
    }),
    ci: Flags.option({
      options: CI_SYSTEMS,
      default: 'none' as CiSystem,
      summary: 'Lay out a check of proposals for a forge.',
    })(),
  };

  protected async execute(): Promise<CommandResult> {
    const path = resolve(this.args.dir ?? '.');
    const management = this.#management();
    const remote = this.#remote();
    if (this.flags.queue) throw new UsageError('init is not queued: others need what it lays out');
    const id = this.flags.deployment;
    const subject = id === undefined ? null : deployment(id);
    if (this.flags.propose) return this.#proposed(path, subject);
    const settings = await this.settingsOnly();
    requireGitBackend('kgit init', settings);
    const layout = await this.#layout(management);
    const git = new Git(path, this.environment);
    if (this.flags['dry-run']) return this.#plan(git, path, settings, layout);
    await requireGit(new Git(this.config.root, this.environment), this.environment);
    await makeFolder(path);
    const server = await this.#server(git, remote);
    const repository = await prepareRepository(git, path, DEFAULT_BRANCH, remote);
    // Without a remote, this repository holds the only copy.
    const isAlone = !repository.config.has('remote.origin.url');
    const synced = isAlone ? await syncPushes(git, repository.commonDir) : server.synced;
    const opened = await openStateRepository({ ...settings, repo: path }, path, this.environment);
    const actor = actorOf(settings, this.environment, opened.identity);
    const { store } = opened.repository;
    const lay = (wanted: Layout) =>
      layOut(store, repository.workTree, wanted, actor, this.now(), settings.timeout);
    const decide = (place: LockPlace) => lay(withLockPlace(layout, place));
    const laid = await this.#proveLockPlace(await lay(layout), store, actor, settings.timeout, decide);
    await opened.repository.close();
    this.flags = { ...this.flags, repo: path };
    const begun = subject === null ? null : await this.#begin(subject);
    return this.#result(path, subject, { ...laid, made: server.made, synced }, begun);
  }

  /**
   * Creates the repository of a remote that is a local folder, if it is missing, and makes it keep what it
   * acknowledges.
   */
  async #server(git: Git, remote: string | undefined): Promise<Prepared> {
    const folder = remote === undefined ? null : folderOfAddress(remote);
    if (folder === null) return { made: null, synced: null };
    const isMade = await makeServer(git, folder, DEFAULT_BRANCH);
    return { made: isMade ? folder : null, synced: await syncPushes(git, folder) };
  }

  /**
   * Tries out where the remote accepts locks, and records the place if it is not the usual one. The remote must have
   * the branch by then, since the first branch may become a forge's default. A repository is useful without locks, so a
   * failure to try is only a note.
   */
  async #proveLockPlace(
    laid: LaidOut,
    store: Backend,
    author: Actor,
    timeout: number,
    decide: (place: LockPlace) => Promise<LaidOut>,
  ): Promise<LaidOut> {
    if (!store.leases.provePlace) return laid;
    const holder = { name: author.name, host: thisHost.hostname };
    const by = { author, holder, lease: this.ids.next(), now: () => this.now() };
    const proof = store.leases.provePlace(by, timeout);
    const { place, notes } = await proof.catch((error: unknown) => {
      if (!(error instanceof KgitError)) throw error;
      const again = "run 'kgit init' again once that is mended";
      return { place: null, notes: [`where locks can live was not proved: ${error.message}; ${again}`] };
    });
    for (const note of notes) this.note(note);
    if (place === null) return laid;
    const decided = await decide(place);
    const added = [...new Set([...laid.added, ...decided.added])];
    return { ...decided, added, attempts: laid.attempts + decided.attempts };
  }

  /** Proposes a new deployment in a repository that is laid out already. Throws NoRepositoryError, UsageError. */
  async #proposed(path: string, subject: DeploymentSubject | null): Promise<CommandResult> {
    if (subject === null) {
      throw new UsageError('what a repository is laid out with is not proposed; a deployment is', {
        suggestions: ['Name it with --deployment, or leave --propose out'],
      });
    }
    this.flags = { ...this.flags, repo: path };
    const begun = await this.#begin(subject);
    return this.#result(path, subject, NOTHING_LAID_OUT, begun);
  }

  async #result(
    path: string,
    subject: DeploymentSubject | null,
    laid: Omit<LaidOut, 'revision'> & Prepared & { readonly revision: Revision | null },
    begun: WriteOutcome | null,
  ): Promise<CommandResult> {
    const { opened, reading } = await this.open('never');
    const { branch, remote, layout } = facetOf(opened, 'git', 'kgit init');
    const url = remote === null ? null : (layout.config.get(`remote.${remote}.url`) ?? '');
    const address = url === null ? null : withoutCredentials(url);
    const revision = reading.revision ?? laid.revision;
    const laidOut = laid.added.length > 0 ? 'published' : 'unchanged';
    const where = `${branch}@${(revision ?? '').slice(0, 10)}${address ? `, published to ${address}` : ', purely local'}`;
    return {
      json: {
        path,
        branch,
        revision,
        remote: address,
        added: laid.added,
        deployment: subject?.id ?? null,
        operation: begun?.operation ?? null,
        delivery: begun?.delivery ?? laidOut,
        attempts: laid.attempts + (begun?.attempts ?? 0),
        madeRemote: laid.made,
        configured: laid.synced,
        ...(begun?.proposal ? { proposal: begun.proposal } : {}),
      },
      names: [path],
      lines: (screen) => [
        `${screen.style('green', '✓')} state repository ${screen.style('bold', path)} ${screen.style('dim', where)}`,
        ...laidOutLines(laid, address ?? path, screen),
        ...(subject === null ? [] : [begunLine(subject, begun, screen)]),
        ...(begun ? proposalLines(begun, screen) : []),
      ],
    };
  }

  /**
   * Returns the address to publish to. That of a folder is made absolute, since git would resolve it from the new
   * repository.
   */
  #remote(): string | undefined {
    const text = this.flags.remote;
    if (text === undefined) return undefined;
    const { place, branch, isUrl } = parseRepositorySpec(text, liesAt(process.cwd()));
    if (branch !== undefined) throw new UsageError('--remote takes no branch: the state branch is main');
    return isUrl ? place : resolve(place);
  }

  async #layout(management: string | undefined): Promise<Layout> {
    const files = await templateFiles(this.config.root, this.flags.ci);
    files.set(MARKER_FILE, withManagement(files.get(MARKER_FILE) ?? '', management));
    return {
      files,
      amendMarker: (text) => listingManagement(text, management),
      subject: 'init: state repository',
    };
  }

  /** Plans the layout, as far as this machine knows. Nothing is written, not even the folder. */
  async #plan(git: Git, path: string, settings: Settings, layout: Layout): Promise<CommandResult> {
    const isFolder = existsSync(path);
    const repository = isFolder ? await openOrNull(git, path) : null;
    const opened = repository
      ? await openStateRepository({ ...settings, repo: path }, path, this.environment)
      : null;
    const store = opened?.repository.store ?? null;
    const known = store ? (await store.head()).revision : null;
    const view = store?.view(known) ?? { read: async () => null };
    const workTree = repository?.workTree ?? (isFolder ? path : null);
    const added = [...(await missingFiles(view, workTree, layout)).keys()];
    await opened?.repository.close();
    const id = this.flags.deployment ?? null;
    const branch = opened?.name ?? DEFAULT_BRANCH;
    const remote = this.#remote() ?? null;
    return {
      json: {
        path,
        branch,
        revision: null,
        remote,
        added,
        deployment: id,
        operation: null,
        delivery: 'dry-run',
        attempts: 0,
        madeRemote: null,
        configured: null,
      },
      names: [path],
      lines: ({ style }) => [
        `${style('green', '✓')} would lay out ${style('bold', path)}`,
        ...added.map((file) => `  ${style('dim', '+')} ${file}`),
      ],
    };
  }

  #management(): string | undefined {
    const name = this.flags.management;
    refuseTexts({ management: name });
    if (name === undefined || isLabel(name)) return name;
    throw new UsageError(`--management ${JSON.stringify(name.slice(0, 80))} is not a DNS-1123 label`, {
      suggestions: ["Use at most 63 characters of a-z, 0-9 and '-'"],
    });
  }

  /** Creates a deployment; null if it exists already. */
  async #begin(subject: DeploymentSubject): Promise<WriteOutcome | null> {
    const context = await this.open('never');
    if ((await readState(context.reading.view, subject.id)) !== null) return null;
    const event = this.event(context, { action: 'deployment_initialized' });
    const edits = [
      { op: 'set' as const, path: ['deployment', 'deployment_id'], value: subject.id },
      {
        op: 'set' as const,
        path: ['deployment', 'created_at'],
        value: formatTimestamp(this.now()).replace(/\.\d+Z$/, 'Z'),
      },
    ];
    const preconditions = [{ check: 'absent' as const, path: ['deployment', 'deployment_id'] }];
    const change = { deployment: subject.id, event: event.id, edits, preconditions };
    return this.submit(context, this.operation(context, [{ subject, event }], { change }));
  }
}

function begunLine(subject: DeploymentSubject, begun: WriteOutcome | null, { style }: Screen): string {
  return `${style('green', '✓')} ${formatSubject(subject)} ${begun ? `begun, ${begun.delivery}` : 'was there already'}`;
}

/** Adds the place of locks to the marker of a layout. */
function withLockPlace({ files }: Layout, place: LockPlace): Layout {
  const amendMarker = (text: string) => namingLockPlace(text, place);
  const marker = amendMarker(files.get(MARKER_FILE) ?? '');
  return {
    files: new Map([[MARKER_FILE, marker]]),
    amendMarker,
    subject: `init: locks lie in ${LOCK_FOLDERS[place]}`,
  };
}
