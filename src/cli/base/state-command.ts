import { Flags, type Interfaces } from '@oclif/core';
import type { Context } from '../../app/open/configured.js';
import type { ChangedDeployment, Target } from '../../app/write/change-state.js';
import type { Writing } from '../../app/write/writing.js';
import type { ErrorCode } from '../../errors.js';
import type { CommandResult } from '../../terminal/output.js';
import { PROPOSE_FLAGS } from '../flags/propose-flags.js';
import { changeResult } from '../render/write/write-result.js';
import type { CommandClass } from './command-class.js';
import { WriteCommand } from './write-command.js';

/** Flags of every command that changes the state of a deployment. */
const STATE_FLAGS = {
  ...PROPOSE_FLAGS,
  deployment: Flags.string({
    helpValue: 'ID',
    summary: 'The deployment (KGIT_DEPLOYMENT); the only one if left out.',
  }),
  create: Flags.boolean({ summary: 'Create the deployment if the repository does not know it.' }),
};

/** Base class of the commands that change the state of a deployment. */
export abstract class StateCommand<T extends CommandClass> extends WriteCommand<T> {
  static override baseFlags: Interfaces.FlagInput = {
    ...WriteCommand.baseFlags,
    ...STATE_FLAGS,
  };

  static override get exits(): readonly ErrorCode[] {
    return [...WriteCommand.exits, 'NOT_FOUND'];
  }

  declare protected flags: WriteCommand<T>['flags'] & Interfaces.InferredFlags<typeof STATE_FLAGS>;

  /** The target of the change, as the flags describe it. */
  protected get target(): Target {
    return { create: this.flags.create };
  }

  /** Runs a use case that changes a state, and formats its result. */
  protected async change(
    context: Context,
    useCase: (writing: Writing) => Promise<ChangedDeployment>,
  ): Promise<CommandResult> {
    return changeResult(await this.write(context, useCase));
  }
}
