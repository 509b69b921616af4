import { type Command, Flags, type Interfaces } from '@oclif/core';
import { requireDeployment } from '../../app/known-deployment.js';
import { resolveDeployment } from '../../app/subjects.js';
import type { ErrorCode } from '../../errors.js';
import type { Precondition } from '../../model/operation/operation.js';
import type { Edit } from '../../model/state/edit.js';
import { deployment, formatSubject } from '../../model/subject/subject.js';
import { counted } from '../../model/value/counted.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { CommandResult, Screen } from '../../terminal/output.js';
import { PROPOSE_FLAGS } from '../flags/propose-flags.js';
import { changeLine } from '../render/change-line.js';
import { proposalLines } from '../render/proposal-lines.js';
import type { CommandClass, Context } from './base-command.js';
import { WriteCommand } from './write-command.js';

/** A change of state that a command wants. */
export interface StateWrite {
  /** The action and further fields of the event that it leaves. */
  readonly fields: Record<string, unknown>;
  readonly edits: readonly Edit[];
  readonly preconditions?: readonly Precondition[];
  /** Whether it is taken back rather than kept when it cannot be published now. */
  readonly withdraw: boolean;
}

/** The flags of every command that changes the state of a deployment. */
const STATE_FLAGS = {
  ...PROPOSE_FLAGS,
  deployment: Flags.string({
    helpValue: 'ID',
    summary: 'The deployment (KGIT_DEPLOYMENT); the only one if left out.',
  }),
  create: Flags.boolean({ summary: 'Begin the deployment if the repository does not know it.' }),
};

/** Base of the commands that change the state of a deployment. */
export abstract class StateCommand<T extends CommandClass = typeof Command> extends WriteCommand<T> {
  static override baseFlags: Interfaces.FlagInput = {
    ...WriteCommand.baseFlags,
    ...STATE_FLAGS,
  };

  static override get exits(): readonly ErrorCode[] {
    return [...WriteCommand.exits, 'NOT_FOUND'];
  }

  declare protected flags: WriteCommand<T>['flags'] & Interfaces.InferredFlags<typeof STATE_FLAGS>;

  /** The deployment to work on, which must be known unless --create is given. */
  protected async target(context: Context): Promise<string> {
    const { view } = context.reading;
    const id = await resolveDeployment({ view, settings: context.settings });
    await requireDeployment(view, id, this.flags.create === true);
    return id;
  }

  /** Writes a change of state with its event, as one operation. */
  protected async change(context: Context, id: string, write: StateWrite): Promise<CommandResult> {
    const subject = deployment(id);
    const event = this.event(context, write.fields);
    const { edits, preconditions = [] } = write;
    const change = { deployment: id, event: event.id, edits, preconditions };
    const operation = this.operation(context, [{ subject, event }], { change });
    const outcome = await this.submit(context, operation, write.withdraw || preconditions.length > 0);
    return {
      json: { subject: formatSubject(subject), changed: outcome.changes, ...this.writeJson(outcome) },
      names: outcome.changes.map(({ path }) => path),
      lines: (screen) => changeLines(outcome, screen),
    };
  }
}

function changeLines(outcome: WriteOutcome, screen: Screen): string[] {
  const { style } = screen;
  const { changes, delivery, revision } = outcome;
  if (delivery === 'unchanged') return [style('dim', 'nothing changed')];
  const words = {
    published: 'published',
    queued: 'queued',
    proposed: 'proposed',
    'dry-run': 'would be written',
  }[delivery];
  const count = changes.length === 0 ? 'change' : counted(changes.length, 'change');
  return [
    `${style('green', '✓')} ${count} ${words}${revision ? style('dim', ` ${revision.slice(0, 10)}`) : ''}`,
    ...changes.map((change) => changeLine(change, screen)),
    ...proposalLines(outcome, screen),
  ];
}
