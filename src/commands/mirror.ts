import { Args, Flags } from '@oclif/core';
import { mergeHost } from '../app/legacy/merge-host.js';
import { mirrorFiles } from '../app/legacy/mirror-files.js';
import { mirrorToGit } from '../app/mirror/mirror-to-git.js';
import { helpText } from '../cli/base/help-text.js';
import { LegacyCommand } from '../cli/base/legacy-command.js';
import { keptText } from '../cli/render/import-plan.js';
import { type KgitError, UsageError } from '../errors.js';
import { counted } from '../model/value/counted.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Mirror extends LegacyCommand<typeof Mirror> {
  static override summary =
    "Follow the deployment scripts' files (DIR), or keep a git copy of a store (--to).";
  static override description = helpText(
    LegacyCommand,
    `Copies what is new from one side to the other, one way only. With DIR it merges what is new in the files of old scripts into the repository; with --watch, it keeps running and publishes each change within seconds. A file that is only half written is read again later. Scripts that use kgit shell-init need no mirror. With --to it copies the store (Redis, etcd, Consul, SQLite, files) to a git repository, for reading and review: one commit for each revision, with its author, time and message, and the trailer Kgit-Revision. Run it again, from cron for example, or with --watch to add what is new; it goes on where the last run ended. kgit reads the mirror like any repository, and refuses to write there (20).`,
    'LOCK_HELD',
    'CONFLICT',
    'REMOTE',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> mirror ~/k0rdent-azure-setup --watch',
    '<%= config.bin %> mirror --repo redis://localhost:6379/0#prod --to /srv/git/prod.git',
    '<%= config.bin %> mirror --to https://github.com/team/state.git --dry-run',
  ];
  static override args = {
    dir: Args.string({ description: "The scripts' checkout, or its state folder." }),
  };
  static override flags = {
    watch: Flags.boolean({ summary: 'Keep running until interrupted.' }),
    to: Flags.string({
      helpValue: 'GIT',
      summary: 'Keep a git copy of the store: folder or URL of a repository, with #BRANCH if it is not main.',
      exclusive: ['queue', 'require-publish', 'lock', 'message', 'reason', 'run-id', 'user', 'allow-secret'],
    }),
  };

  protected override get readsHistory(): boolean {
    return this.flags.to !== undefined;
  }

  protected async execute(): Promise<CommandResult> {
    const { dir } = this.args;
    const { to } = this.flags;
    if (dir !== undefined && to === undefined) return this.#mergeFiles(dir);
    if (dir === undefined && to !== undefined) return this.#copyTo(to);
    throw new UsageError(
      'name either DIR, whose files are followed, or --to GIT, which becomes a copy of the store',
      {
        suggestions: ["See 'kgit mirror --help'"],
      },
    );
  }

  /** Ends --watch when the user or a service manager asks for it. */
  get #until(): { readonly until?: AbortSignal } {
    if (!this.flags.watch) return {};
    const end = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort());
    return { until: end.signal };
  }

  /** Copies the store to a git repository. */
  async #copyTo(to: string): Promise<CommandResult> {
    const context = await this.open('never');
    const dryRun = this.flags['dry-run'] === true;
    const host = {
      cwd: process.cwd(),
      environment: this.environment,
      waits: this.notes,
      onAway: ({ message }: KgitError) => this.note(`${message}; it goes on as soon as it can`),
    };
    const { path, branch, store, mirrored, revision, commits } = await mirrorToGit(
      context,
      { to, dryRun, ...this.#until },
      host,
    );
    await this.refreshRepository(context);
    const delivery = dryRun ? 'dry-run' : commits > 0 ? 'published' : 'unchanged';
    const copied = `${counted(commits, 'commit')}${dryRun ? ' to be made' : ''}`;
    return {
      json: { to: path, branch, store, mirrored, revision, commits, delivery },
      names: revision === null ? [] : [revision],
      lines: ({ style }) => [
        `${style('green', '✓')} ${path} (branch ${branch}) ${style('dim', `${copied}, ${store} is at ${mirrored ?? 'its beginning'}`)}`,
      ],
    };
  }

  /** Merges the files of old scripts into the repository. */
  async #mergeFiles(dir: string): Promise<CommandResult> {
    const context = await this.open('never');
    const { outbox } = context.opened.repository;
    const writer = this.backgroundWriter(context);
    const files = await mirrorFiles(dir, {
      host: mergeHost(
        context,
        () => this.writer(context),
        (operation) => writer.keep(operation),
        this.environment,
      ),
      writer,
      lock: this.folderLock(context),
      clock: systemClock,
      waiting: () => outbox.size(),
      onConflict: (conflict) => this.note(keptText(conflict)),
      onBroken: (path, message) => this.note(`${path}: ${message}`),
      ...this.#until,
    });
    await this.refreshRepository(context);
    return {
      json: { files, pending: await outbox.size() },
      rows: files,
      names: files.map(({ path }) => path),
      lines: ({ style }) => [`${style('green', '✓')} ${counted(files.length, 'file')}`],
    };
  }
}
