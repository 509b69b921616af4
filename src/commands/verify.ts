import { Flags } from '@oclif/core';
import { type VerificationIntent, type VerifiedRecord, verifyRecord } from '../app/review/verify-record.js';
import { restoreLines, restoreStates } from '../app/write/restore-state.js';
import { helpText } from '../cli/base/help-text.js';
import { fetchPolicy, READ_FLAGS } from '../cli/base/read-command.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { mustAgree } from '../cli/input/ask.js';
import { findingsResult } from '../cli/render/finding-lines.js';
import { Unkept } from '../cli/render/unkept.js';
import { outcomeJson } from '../cli/render/write/write-result.js';
import { formatSubject } from '../model/subject/subject.js';
import { counted } from '../model/value/counted.js';
import type { Unfolded } from '../review/verify.js';
import type { FetchPolicy } from '../store/outbox/outcomes.js';
import type { CommandResult } from '../terminal/output.js';

const QUESTION = {
  text: 'Bring them back?',
  declined: 'nothing was changed',
  withYes: "kgit verify --fix --yes ('kgit verify --fix --dry-run' shows what it would write)",
};

export default class Verify extends WriteCommand<typeof Verify> {
  static override summary = 'Prove the record: states from events, files, history, signatures.';
  static override description = helpText(
    WriteCommand,
    `Recomputes every deployment's state from its events and compares it with state.yaml; checks all files as validate does; checks that no commit on the state branch removed or edited a published event, and that the history still contains the revision that was last verified in this clone, after which commits are checked; checks signatures if kgit.yaml requires them; and checks the MAC of each secret that your key decrypts. A revision without findings is trusted from then on. With --fix, each state.yaml that differs from its events is restored, after the differences were shown and you agreed, by an event that records the replaced values. docs/review.md has the details.`,
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
      summary: 'Forget the revision that was verified before, because the history was rewritten on purpose.',
    }),
    fix: Flags.boolean({ summary: 'Restore each state.yaml to what its events say.' }),
    yes: Flags.boolean({ dependsOn: ['fix'], summary: 'Do not ask before --fix writes.' }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    let record = await this.#verify();
    const fixed = this.flags.fix === true ? await this.#fix(record.unfolded) : undefined;
    if (fixed !== undefined && fixed.length > 0 && this.flags['dry-run'] !== true)
      record = await this.#verify('never');
    const { findings, counts, macs, trusted } = record;
    if (macs.unchecked > 0)
      this.note(`the MACs of ${counted(macs.unchecked, 'secret')} were not checked: ${macs.why}`);
    return findingsResult(findings, {
      json: {
        trusted,
        ...counts,
        macs: { checked: macs.checked, unchecked: macs.unchecked },
        ...(fixed ? { fixed } : {}),
      },
      scope: `${[
        counted(counts.deployments, 'state'),
        counted(counts.events, 'event'),
        counted(counts.signatures, 'signature'),
        counted(counts.history.commits, 'commit'),
      ].join(', ')}; ${
        trusted === null ? 'nothing was verified here before' : `verified before: ${trusted.slice(0, 12)}`
      }`,
    });
  }

  async #verify(policy?: FetchPolicy): Promise<VerifiedRecord> {
    const { opened, settings } = await this.openUnread();
    const usual = fetchPolicy(this.flags.fetch, { olderThan: settings.readMaxAge });
    const unkept = new Unkept((message) => this.note(message));
    const intent: VerificationIntent = {
      fetch: policy ?? (this.isOffline ? 'never' : usual),
      forgets: this.flags.trust === true,
      environment: this.environment,
      saving: (saved) => unkept.unlessNoted('what was verified is not remembered here', saved),
    };
    const judge = { now: this.now(), markerFault: this.markerFault };
    const record = await verifyRecord({ opened, settings }, intent, judge);
    this.tellAge(record, settings);
    this.setRepository(record.revision, record.fetchedAt, await opened.repository.outbox.size());
    return record;
  }

  /** Restores states to what their events say, and returns what was done. */
  async #fix(unfolded: readonly Unfolded[]): Promise<Record<string, unknown>[]> {
    if (unfolded.length === 0) {
      this.note('every state is what its events say: --fix has nothing to do');
      return [];
    }
    for (const line of unfolded.flatMap(restoreLines)) this.note(line);
    if (this.flags['dry-run'] !== true) await mustAgree(QUESTION, this.flags.yes === true);
    const fixed = await this.write(await this.open('never'), (writing) =>
      restoreStates(writing, unfolded, this.eventFields),
    );
    return fixed.map(({ subject, outcome }) => ({
      subject: formatSubject(subject),
      changed: outcome.changes,
      ...outcomeJson(outcome),
    }));
  }
}
