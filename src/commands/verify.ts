import { Flags } from '@oclif/core';
import { helpText, KgitCommand } from '../base-command.js';
import { findingCount, findingLines } from '../cli/finding-lines.js';
import type { CommandResult } from '../cli/output.js';
import { Unkept } from '../cli/unkept.js';
import { EXIT_CODES, NoRepositoryError } from '../errors.js';
import { counted } from '../model/counted.js';
import { fetchPolicy, readFlags } from '../read-flags.js';
import { Findings } from '../review/finding.js';
import { verify } from '../review/verify.js';
import { TrustedRevision } from '../store/trusted-revision.js';

export default class Verify extends KgitCommand {
  static override summary = 'Prove the record: states from events, files, history, signatures.';
  static override description = helpText(
    `Works out every deployment's state anew from its events and compares it with state.yaml; checks all files as validate does; sees that no commit, along first parents, took a published event away or edited it, and that the history still leads back to the revision that was verified last in this clone, behind which it is looked at then; and checks signatures where kgit.yaml asks for them. A revision without findings is trusted from then on. docs/review.md tells more.`,
    'USAGE',
    'FINDINGS',
    'NO_REPO',
    'ENVIRONMENT',
    'REMOTE',
  );
  static override examples = [
    '<%= config.bin %> verify',
    '<%= config.bin %> verify --fetch --json',
    '<%= config.bin %> verify --trust',
  ];
  static override flags = {
    ...readFlags,
    trust: Flags.boolean({
      summary: 'Forget the revision that was verified before: the history was rewritten on purpose.',
    }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const { opened, settings } = await this.openUnread();
    const { review, repository, localFolder } = opened;
    const { store } = repository;
    const policy = fetchPolicy(this.flags);
    const chosen = policy === 'default' ? { olderThan: settings.readMaxAge } : policy;
    const { revision, fetchedAt } = await repository.read(chosen, settings.timeout);
    if (revision === null) {
      throw new NoRepositoryError(`${opened.path}: nothing is published, so there is nothing to verify`, {
        data: { path: opened.path },
      });
    }
    const trusted = new TrustedRevision(localFolder, store.target);
    const before = this.flags['trust'] === true ? null : await trusted.read();
    const findings = new Findings();
    const check = { review, store, now: this.now(), findings, markerFault: this.markerFault };
    const counts = await verify(revision, before, check);
    const { list, total, errors } = findings;
    const unkept = new Unkept((message) => this.note(message));
    // What was not looked at is not trusted.
    if (errors === 0 && counts.history.isComplete)
      await unkept.unlessNoted('what was verified is not remembered here', trusted.write(revision));
    this.setRepository(revision, fetchedAt, await repository.outbox.size());
    return {
      json: { findings: list, total, trusted: before, ...counts },
      rows: list,
      names: [...new Set(list.flatMap(({ path }) => path ?? []))],
      lines: (screen) => {
        const looked = [
          counted(counts.deployments, 'state'),
          counted(counts.events, 'event'),
          counted(counts.signatures, 'signature'),
          counted(counts.history.commits, 'commit'),
        ].join(', ');
        const since =
          before === null ? 'nothing was verified here before' : `verified before: ${before.slice(0, 12)}`;
        return [
          ...findingLines(list, screen),
          screen.style('dim', `${findingCount(total, list.length)} (${looked}; ${since})`),
        ];
      },
      ...(errors > 0 ? { exitCode: EXIT_CODES.FINDINGS } : {}),
    };
  }
}
