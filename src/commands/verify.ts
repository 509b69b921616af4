import { Flags } from '@oclif/core';
import { restoreLines, restoreState } from '../app/write/restore-state.js';
import { helpText } from '../cli/base/help-text.js';
import { fetchPolicy, READ_FLAGS } from '../cli/base/read-command.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { mustAgree } from '../cli/input/ask.js';
import { findingCount, findingLines } from '../cli/render/finding-lines.js';
import { Unkept } from '../cli/render/unkept.js';
import { EXIT_CODES, NoRepositoryError } from '../errors.js';
import { formatSubject } from '../model/subject/subject.js';
import { counted } from '../model/value/counted.js';
import { Findings } from '../review/finding.js';
import { toolsOf } from '../review/review-tools.js';
import { type Unfolded, type Verified, verify } from '../review/verify.js';
import { verifyAdvice } from '../review/verify-advice.js';
import { facetOf } from '../setup/facet-of.js';
import type { FetchPolicy } from '../store/outbox/outcomes.js';
import { TrustedRevision } from '../store/read/trusted-revision.js';
import type { CommandResult } from '../terminal/output.js';

/** The findings, and the revision that was verified before. */
interface Look {
  readonly findings: Findings;
  readonly counts: Omit<Verified, 'unfolded'>;
  readonly unfolded: readonly Unfolded[];
  readonly before: string | null;
}

const QUESTION = {
  text: 'Bring them back?',
  declined: 'nothing was changed',
  withYes: "kgit verify --fix --yes ('kgit verify --fix --dry-run' shows what it would write)",
};

export default class Verify extends WriteCommand<typeof Verify> {
  static override summary = 'Prove the record: states from events, files, history, signatures.';
  static override description = helpText(
    WriteCommand,
    `Works out every deployment's state anew from its events and compares it with state.yaml; checks all files as validate does; sees that no commit, along first parents, took a published event away or edited it, and that the history still leads back to the revision that was verified last in this clone, behind which it is looked at then; and checks signatures where kgit.yaml asks for them. A revision without findings is trusted from then on. With --fix each state.yaml that is not what its events say is brought back to that, after it was shown and asked for, by an event that keeps what stood there. docs/review.md tells more.`,
    'FINDINGS',
  );
  static override examples = [
    '<%= config.bin %> verify',
    '<%= config.bin %> verify --fetch --json',
    '<%= config.bin %> verify --fix',
    '<%= config.bin %> verify --trust',
  ];
  static override flags = {
    ...READ_FLAGS,
    trust: Flags.boolean({
      summary: 'Forget the revision that was verified before: the history was rewritten on purpose.',
    }),
    fix: Flags.boolean({ summary: 'Bring each state.yaml back to what its events say.' }),
    yes: Flags.boolean({ dependsOn: ['fix'], summary: 'Do not ask before --fix writes.' }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const policy = fetchPolicy(this.flags.fetch, null);
    let look = await this.#look(policy);
    const fixed = this.flags.fix === true ? await this.#fix(look.unfolded) : undefined;
    if (fixed !== undefined && fixed.length > 0 && this.flags['dry-run'] !== true)
      look = await this.#look('never');
    const { findings, counts, before } = look;
    const { list, total, errors } = findings;
    return {
      json: { findings: list, total, trusted: before, ...counts, ...(fixed ? { fixed } : {}) },
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

  async #look(policy: FetchPolicy | null): Promise<Look> {
    const { opened, settings } = await this.openUnread();
    const review = facetOf(opened, 'review', 'kgit verify');
    const { repository, localFolder } = opened;
    const { store } = repository;
    const chosen = this.isOffline ? 'never' : (policy ?? { olderThan: settings.readMaxAge });
    const { revision, fetchedAt } = await repository.read(chosen, settings.timeout);
    if (revision === null) {
      throw new NoRepositoryError(`${opened.path}: nothing is published, so there is nothing to verify`, {
        data: { path: opened.path },
      });
    }
    const trusted = new TrustedRevision(localFolder, store.target);
    const before = this.flags.trust === true ? null : await trusted.read();
    const findings = new Findings((finding) => verifyAdvice(finding, toolsOf(review)));
    const { backend } = opened;
    const check = { review, store, backend, now: this.now(), findings, markerFault: this.markerFault };
    const { unfolded, ...counts } = await verify(revision, before, check);
    const unkept = new Unkept((message) => this.note(message));
    // A revision is trusted only if all of it was checked.
    if (findings.errors === 0 && counts.history.isComplete)
      await unkept.unlessNoted('what was verified is not remembered here', trusted.write(revision));
    this.setRepository(revision, fetchedAt, await repository.outbox.size());
    return { findings, counts, unfolded, before };
  }

  /** Restores states to what their events say, one operation each. Returns what was done. */
  async #fix(unfolded: readonly Unfolded[]): Promise<Record<string, unknown>[]> {
    if (unfolded.length === 0) {
      this.note('every state is what its events say: --fix has nothing to do');
      return [];
    }
    for (const line of unfolded.flatMap(restoreLines)) this.note(line);
    if (this.flags['dry-run'] !== true) await mustAgree(QUESTION, this.flags.yes === true);
    const context = await this.open('never');
    const fixed: Record<string, unknown>[] = [];
    for (const one of unfolded) {
      const { subject, outcome } = await this.write(context, (writing) =>
        restoreState(writing, one, this.eventFields),
      );
      fixed.push({
        subject: formatSubject(subject),
        changed: outcome.changes,
        ...this.writeJson(outcome),
      });
    }
    return fixed;
  }
}
