import { join } from 'node:path';
import { mergeSettings } from '../app/legacy/merge-host.js';
import type { Context } from '../app/open/configured.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { asKgitError } from '../cli/base/failure.js';
import { helpText } from '../cli/base/help-text.js';
import { outputFlag } from '../cli/flags/output-flag.js';
import { checkLines } from '../cli/render/check-lines.js';
import { doctorMetrics, type RepositoryHealth } from '../cli/render/doctor-metrics.js';
import { EXIT_CODES } from '../errors.js';
import { checkCheckout } from '../gitstore/doctor/doctor-checkout.js';
import { checkGit, checkIdentity } from '../gitstore/doctor/doctor-git.js';
import { askRemote, checkClock } from '../gitstore/doctor/doctor-remote.js';
import { decidedPlace } from '../gitstore/lock/decided-place.js';
import { readConfig } from '../gitstore/repository/repository.js';
import { checkDurability } from '../gitstore/repository/server-durability.js';
import { checkClusterAccess } from '../k0rdent/doctor/doctor-cluster.js';
import { openKubectl } from '../k0rdent/kubectl/kubectl.js';
import { type Check, findingOf, passed } from '../model/value/check.js';
import { parseDuration } from '../model/value/time.js';
import { endOfProcess } from '../process/end-signals.js';
import { type OpenRepository, openStateRepository } from '../setup/composition.js';
import { type GitFacet, LOCAL_FOLDER, openGit } from '../setup/git-driver.js';
import { actorOf, ciUser, committerOf, identityOf } from '../setup/identity.js';
import { DEFAULT_SETTINGS, type Settings } from '../setup/settings.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import { checkBrokenLocks } from '../store/doctor/doctor-broken-locks.js';
import { checkDamaged } from '../store/doctor/doctor-damaged.js';
import { checkDisk, checkFolders, checkLeftovers } from '../store/doctor/doctor-folders.js';
import { checkOutbox } from '../store/doctor/doctor-outbox.js';
import { checkPushes } from '../store/doctor/doctor-pushes.js';
import type { Identity } from '../store/port/driver.js';
import type { Head, StateStore } from '../store/port/state-store.js';
import { readMarker } from '../store/read/records.js';
import { checkFileOnly } from '../sync/apply/file-only-check.js';
import type { CommandResult } from '../terminal/output.js';

export default class Doctor extends KgitCommand<typeof Doctor> {
  static override summary = 'Check git, kubectl, the repository, its remote, and what waits.';
  static override description = helpText(
    KgitCommand,
    `Looks at all that kgit needs and says what to do where something is amiss. It works everywhere: outside a repository, offline, with a broken kgit.yaml. It changes nothing, asks nothing, and takes no longer than --timeout for the remote and the cluster. A check that another finding makes impossible is left out. -o wide shows the details of what is well.`,
    'FINDINGS',
  );
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor -o wide --timeout 10s',
    '<%= config.bin %> doctor -o prometheus > kgit-doctor.prom',
    `<%= config.bin %> doctor --json | jq '.checks[] | select(.ok | not)'`,
  ];

  static override flags = { output: outputFlag('prometheus') };
  #health: RepositoryHealth | null = null;

  #context: Promise<Context> | null = null;

  protected async execute(): Promise<CommandResult> {
    const { settings, check } = await this.#settings();
    const { timeout } = settings;
    const { environment } = this;
    const signal = AbortSignal.any([AbortSignal.timeout(timeout), endOfProcess()]);
    const kubectl = openKubectl({ environment, timeoutMs: timeout, requestTimeoutMs: timeout, signal });
    const [local, cluster] = await Promise.all([
      this.#gitChecks(settings, check.ok),
      this.#every('cluster', async () => checkClusterAccess(kubectl, await this.#managements(check.ok))),
    ]);
    const checks = [check, ...local, ...cluster];
    const findings = checks.filter(({ ok }) => !ok);
    return {
      json: { checks },
      names: findings.map(({ name }) => name),
      rows: checks,
      others: { prometheus: () => doctorMetrics(checks, this.#health) },
      lines: (screen, wide) => checkLines(checks, screen, wide),
      ...(findings.length > 0 ? { exitCode: EXIT_CODES.FINDINGS } : {}),
    };
  }

  /** Returns the settings; if a file or a variable is invalid, the presets with the named repository. */
  async #settings(): Promise<{ settings: Settings; check: Check }> {
    try {
      return { settings: await this.settingsOnly(), check: passed('settings', 'all are valid') };
    } catch (thrown) {
      const error = asKgitError(thrown);
      // A wrong flag is a mistake on this command line, not a finding.
      if (error.code !== 'USAGE' || String(error.data['where']).startsWith('--')) throw error;
      const repo = this.flags.repo ?? this.environment['KGIT_REPO'];
      const user = this.environment['KGIT_USER'];
      const timeout = this.flags.timeout ? parseDuration(this.flags.timeout) : DEFAULT_SETTINGS.timeout;
      return { settings: { ...DEFAULT_SETTINGS, repo, user, timeout }, check: findingOf('settings', error) };
    }
  }

  /** Runs checks; if they fail to run, the failure becomes a check. */
  async #every(name: string, look: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
    try {
      return await look();
    } catch (thrown) {
      return [findingOf(name, asKgitError(thrown))];
    }
  }

  async #gitChecks(settings: Settings, areValid: boolean): Promise<readonly Check[]> {
    const git = openGit(process.cwd(), this.environment);
    const [version] = await this.#every('git', async () => [await checkGit(git)]);
    if (!version?.ok) return [version, await this.#disk([])].flatMap((check) => check ?? []);
    const opened = await openStateRepository(settings, process.cwd(), this.environment).catch(asKgitError);
    if ('code' in opened) {
      const config = await readConfig(git, process.cwd());
      return [
        version,
        this.#identity(settings, identityOf(config)),
        findingOf('repository', opened),
        await this.#disk([]),
      ];
    }
    try {
      return [
        version,
        this.#identity(settings, opened.identity),
        ...(await this.#insideChecks(opened, settings, areValid)),
      ];
    } finally {
      await opened.repository.close();
    }
  }

  #identity(settings: Settings, identity: Identity): Check {
    const actor = actorOf(settings, this.environment, identity);
    const isNamed = Boolean(settings.user ?? ciUser(this.environment));
    return checkIdentity(identity, { actor, committer: committerOf(identity), isNamed });
  }

  async #disk(folders: readonly string[]): Promise<Check> {
    const { HOME: home = '/', XDG_STATE_HOME: state, XDG_CACHE_HOME: cache } = this.environment;
    const own = [state || join(home, '.local/state'), cache || join(home, '.cache')];
    const [check] = await this.#every('disk', async () => [await checkDisk([...folders, ...own])]);
    return check as Check;
  }

  /** Runs the checks that need a repository. */
  async #insideChecks(
    opened: OpenRepository,
    settings: Settings,
    areValid: boolean,
  ): Promise<readonly Check[]> {
    const { repository, localFolder } = opened;
    const head = await repository.store.head();
    const pushes = await opened.pushes.read();
    const one = (name: string, look: () => Promise<Check>) => this.#every(name, async () => [await look()]);
    const inGit = (name: string, look: (facet: GitFacet) => Promise<readonly Check[]>) =>
      this.#every(name, async () => (opened.git === null ? [] : look(opened.git)));
    const all = await Promise.all([
      one('repository', () => this.#repositoryCheck(opened, head, areValid)),
      inGit('folder', async ({ layout: { commonDir } }) => [
        await checkFolders(commonDir, join(commonDir, LOCAL_FOLDER)),
      ]),
      one('local-files', () => checkDamaged(localFolder)),
      inGit('temporary-files', async ({ layout: { commonDir } }) => [
        await checkLeftovers(commonDir, join(commonDir, LOCAL_FOLDER), this.now()),
      ]),
      this.#disk([opened.git?.layout.commonDir ?? localFolder]).then((check) => [check]),
      one('outbox', async () => {
        const entries = await repository.outbox.list();
        this.setRepository(head.revision, head.fetchedAt, entries.length);
        this.#health = { fetchedAt: head.fetchedAt, waiting: entries.map(({ id }) => id), pushes };
        return checkOutbox(entries, repository.store.target, this.now());
      }),
      this.#every('legacy-files', async () => (areValid ? await this.#legacyFiles(opened) : [])),
      // As last seen: doctor does not record the remote's refs.
      this.#every('lock-refs', async () =>
        checkBrokenLocks((await repository.store.leases.list(null)).broken),
      ),
      one('pushes', async () => checkPushes(pushes)),
      inGit('checkout', async ({ git, layout, branch }) => {
        const place = { repository: layout, branch, folder: join(layout.commonDir, LOCAL_FOLDER) };
        return [await checkCheckout(git, { ...place, head, clock: systemClock, host: thisHost })];
      }),
      inGit('remote', (facet) => this.#remoteChecks(facet, repository.store, head, settings.timeout)),
    ]);
    return all.flat();
  }

  /** Opens the repository with all settings, once. */
  #opened(): Promise<Context> {
    this.#context ??= this.open('never');
    return this.#context;
  }

  /** Returns the management clusters that kgit.yaml lists; null if there is no repository with valid settings. */
  async #managements(areValid: boolean): Promise<Context['managements'] | null> {
    // The check 'repository' reports any problem there.
    const context = areValid ? await this.#opened().catch(() => null) : null;
    return context?.managements ?? null;
  }

  async #legacyFiles({ repository, localFolder }: OpenRepository): Promise<readonly Check[]> {
    // The check 'repository' reports settings that cannot be read.
    const context = await this.#opened().catch(() => null);
    if (context === null) return [];
    const { filesUntil, timeout } = context.settings;
    const host = {
      read: () => repository.read('never', timeout),
      localFolder,
      settings: mergeSettings(context),
    };
    const check = await checkFileOnly(host, filesUntil, this.now());
    return check ? [check] : [];
  }

  async #repositoryCheck(opened: OpenRepository, head: Head, areValid: boolean): Promise<Check> {
    const { where } = opened;
    await readMarker(opened.repository.store.view(head.revision), where);
    // This also reads the settings in kgit.yaml, as one layer of all.
    if (areValid) await this.#opened();
    return passed('repository', `${where} at ${head.revision?.slice(0, 10) ?? 'no commit yet'}`);
  }

  async #remoteChecks(
    { git, layout, branch, remote }: GitFacet,
    store: StateStore,
    head: Head,
    timeout: number,
  ): Promise<readonly Check[]> {
    const { revision } = head;
    const committed =
      revision === null ? null : Number(await git.text(['show', '-s', '--format=%ct', revision])) * 1000;
    if (remote === null)
      return [
        passed('remote', 'none: the repository is purely local'),
        checkClock(this.now(), null, committed),
      ];
    const url = layout.config.get(`remote.${remote}.url`) ?? remote;
    const locks = await decidedPlace(store.view(revision));
    const target = { remote, url, branch, revision, locks, timeout };
    const [{ checks, skew }, durability] = await Promise.all([
      askRemote(git, target, systemClock),
      checkDurability(git, url),
    ]);
    return [...checks, ...(durability ? [durability] : []), checkClock(this.now(), skew, committed)];
  }
}
