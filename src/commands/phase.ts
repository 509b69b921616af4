import { Args, Flags } from '@oclif/core';
import { targetDeployment } from '../app/write/change-state.js';
import { movePhase, phaseName, phasesOf } from '../app/write/move-phase.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import { phasesJson } from '../cli/render/json/state-json.js';
import { UsageError } from '../errors.js';
import { PHASE_VERBS, type PhaseVerb } from '../model/state/phase.js';
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

export default class Phase extends StateCommand<typeof Phase> {
  static override summary = 'Move a deployment through its phases.';
  static override description = helpText(
    StateCommand,
    `Sets the status of a phase and records an event, in one operation. Without arguments, it lists the phases. reset also resets the later phases of the sequence (setting phaseSequence), unless --only is given. A phase that is in neither the sequence nor the state needs --create-key. Because others act on phases, a change that cannot be published now is discarded, unless --queue is given.`,
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
      description: 'What to do with the phase; if left out, all phases are listed.',
    }),
    name: Args.string({ description: 'The phase.' }),
  };
  static override flags = {
    only: Flags.boolean({ summary: 'Reset only this phase.' }),
    'create-key': Flags.boolean({
      summary: 'Allow a phase that is in neither phaseSequence nor the state.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    const { verb, name } = this.args;
    if (verb === undefined) return this.#list();
    if (name === undefined)
      throw new UsageError(`which phase? NAME is missing`, {
        suggestions: [`For example: kgit phase ${verb} create_vms`],
      });
    const move = {
      ...this.target,
      verb: verb as PhaseVerb,
      phase: phaseName(name),
      only: this.flags.only,
      mayBegin: this.flags['create-key'],
      fields: this.eventFields,
    };
    return this.change(await this.open('never'), (writing) => movePhase(writing, move));
  }

  async #list(): Promise<CommandResult> {
    const context = await this.open();
    const id = await targetDeployment(context, this.target);
    const phases = await phasesOf(context, id);
    return {
      json: phasesJson(id, phases),
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
