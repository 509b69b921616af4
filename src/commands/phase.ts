import { Args, Flags } from '@oclif/core';
import type { Context } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import { requirePhase } from '../cli/input/known-key.js';
import { UsageError } from '../errors.js';
import { ACTION_RULE, formatTimestamp, isAction } from '../model/event/event.js';
import {
  listPhases,
  normalizePhase,
  PHASE_VERBS,
  type PhaseVerb,
  phaseEdits,
  phasesToReset,
} from '../model/state/phase.js';
import { readState } from '../store/read/records.js';
import { fittingTable } from '../terminal/fitting-table.js';
import type { CommandResult } from '../terminal/output.js';
import type { Colour } from '../terminal/style.js';

const COLOURS: Readonly<Record<string, Colour>> = {
  completed: 'green',
  in_progress: 'yellow',
  failed: 'red',
  skipped: 'dim',
  pending: 'dim',
};

export default class Phase extends StateCommand {
  static override summary = 'Move a deployment through its phases.';
  static override description = helpText(
    StateCommand,
    `Sets the status of a phase and leaves its event, as one operation. Bare, it lists the phases. reset also resets the later phases of the sequence (setting phaseSequence), unless --only. A phase that neither the sequence nor the state has needs --create-key. A phase that cannot be published now is not kept, unless --queue: others act on it.`,
  );
  static override examples = [
    '<%= config.bin %> phase',
    '<%= config.bin %> phase start create_vms',
    '<%= config.bin %> phase skip install_azure_csi --reason "not on Azure"',
    '<%= config.bin %> phase reset setup_network',
  ];
  static override args = {
    verb: Args.string({
      options: Object.keys(PHASE_VERBS),
      description: 'What happens to the phase; lists all if left out.',
    }),
    name: Args.string({ description: 'The phase.' }),
  };
  static override flags = {
    only: Flags.boolean({ summary: 'reset this phase alone.' }),
    'create-key': Flags.boolean({
      summary: 'Begin a phase that neither phaseSequence nor the state has.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const { verb, name } = this.args;
    if (verb === undefined) return this.#list();
    if (name === undefined)
      throw new UsageError(`which phase? NAME is missing`, {
        suggestions: [`For example: kgit phase ${verb} create_vms`],
      });
    const phase = normalizePhase(name);
    if (!isAction(phase))
      throw new UsageError(`${JSON.stringify(name.slice(0, 80))} is not a phase name: ${ACTION_RULE}`);
    const context = await this.open('never');
    return this.#move(context, verb as PhaseVerb, phase);
  }

  async #move(context: Context, verb: PhaseVerb, phase: string): Promise<CommandResult> {
    const phaseSequence = context.settings.phaseSequence.map(normalizePhase);
    const id = await this.target(context);
    if (this.flags['create-key'] !== true && !phaseSequence.includes(phase)) {
      const known = listPhases(await readState(context.reading.view, id), phaseSequence);
      await requirePhase(
        phase,
        known.map((row) => row.name),
      );
    }
    const names =
      verb === 'reset' ? phasesToReset(phase, phaseSequence, this.flags['only'] === true) : [phase];
    const at = formatTimestamp(this.now()).replace(/\.\d+Z$/, 'Z');
    const edits = phaseEdits(verb, names, phase, at, this.flags.reason);
    const outcome =
      verb === 'complete' ? { outcome: 'succeeded' } : verb === 'fail' ? { outcome: 'failed' } : {};
    const fields = { action: PHASE_VERBS[verb].action, phase, ...outcome };
    return this.change(context, id, { fields, edits, withdraw: true });
  }

  async #list(): Promise<CommandResult> {
    const context = await this.open();
    const id = await this.target(context);
    const sequence = context.settings.phaseSequence.map(normalizePhase);
    const phases = listPhases(await readState(context.reading.view, id), sequence);
    return {
      json: { subject: `deployment/${id}`, phases },
      names: phases.map(({ name }) => name),
      rows: phases,
      lines: (screen) =>
        fittingTable(
          ['PHASE', 'STATUS', 'SINCE', 'REASON'],
          phases.map(({ name, status, updatedAt, reason }) => [
            name,
            { text: status, colour: COLOURS[status] },
            updatedAt ?? '',
            reason ?? '',
          ]),
          screen,
        ),
    };
  }
}
