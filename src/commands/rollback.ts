import { Flags } from '@oclif/core';
import { noStateThen, stateThen } from '../app/state-then.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import type { Precondition } from '../model/operation/operation.js';
import { type Difference, editOf, stateDifferences } from '../model/state/state-diff.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../model/state/state-path.js';
import { sameValue, type Value } from '../model/value/value.js';
import type { State } from '../review/order-changes.js';
import { readState } from '../store/read/records.js';
import type { CommandResult } from '../terminal/output.js';

/** The difference at one path, as a whole; none where both have the same. */
function differenceAt(now: State, then: State, path: StatePath): Difference[] {
  const [is, was] = [lookUp(now, path), lookUp(then, path)];
  if (is.found === was.found && sameValue(is.value, was.value)) return [];
  return [
    {
      path,
      ...(is.found ? { before: is.value as Value } : {}),
      ...(was.found ? { after: was.value as Value } : {}),
    },
  ];
}

/** What must still hold when it is applied: what is taken back is what was seen here. */
function preconditionOf({ path, before }: Difference): Precondition {
  const isImplied = true;
  if (before === undefined) return { check: 'absent', path, isImplied };
  return { check: 'equals', path, value: before, isImplied };
}

export default class Rollback extends StateCommand {
  static override summary = "Bring a deployment's state, or paths of it, back to what it was.";
  static override description = helpText(
    StateCommand,
    `Sets what differs from REV to what it was there, as one new operation with an event of its own: the events stay, and so does what was wrong. It is published only while the paths still are what they are now (12 otherwise). Without PATH all of the state.`,
  );
  static override examples = [
    '<%= config.bin %> rollback --to HEAD~1 --dry-run',
    '<%= config.bin %> rollback --to before-upgrade kof.version --reason "upgrade failed"',
    '<%= config.bin %> rollback --to yesterday deployment.phases.create_vms',
  ];
  static override strict = false;
  static override usage = 'rollback --to REVISION|TIME [PATH…] [FLAGS]';
  static override flags = {
    to: Flags.string({
      required: true,
      helpValue: 'REVISION|TIME',
      summary: 'What it is brought back to, for example HEAD~1, a tag, or 3d.',
    }),
    action: Flags.string({
      default: 'state_rolled_back',
      helpValue: 'WORD',
      summary: 'The action of the event.',
    }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const paths = this.words.map(parseStatePath);
    // What is taken back on a proposal was often merged a moment ago.
    const context = await this.open(this.flags['propose'] === true ? 'always' : 'default');
    const id = await this.target(context);
    const to = this.flags['to'] as string;
    const { opened, reading } = context;
    const { store } = opened.repository;
    const then = await stateThen(to, id, { store, reading }, this.now());
    if (then === null) throw noStateThen(to, id);
    const now = (await readState(reading.view, id)) ?? {};
    const differences =
      paths.length === 0
        ? stateDifferences(now, then)
        : paths.flatMap((path) => differenceAt(now, then, path));
    const parameters = { to, ...(paths.length > 0 ? { paths: paths.map(formatStatePath) } : {}) };
    return this.change(context, id, {
      fields: { action: this.flags['action'], parameters },
      edits: differences.map(editOf),
      preconditions: differences.map(preconditionOf),
      withdraw: true,
    });
  }
}
