import { Flags, type Interfaces } from '@oclif/core';
import type { Context } from '../../app/open/configured.js';
import type { ErrorCode } from '../../errors.js';
import type { Settings } from '../../setup/settings.js';
import type { FetchPolicy } from '../../store/outbox/outcomes.js';
import type { About } from '../../store/read/entries-about.js';
import { KgitCommand } from './base-command.js';
import type { CommandClass, CommonFlags, OwnFlags } from './command-class.js';

/** Flags of the commands that read. */
export const READ_FLAGS = {
  fetch: Flags.boolean({
    allowNo: true,
    helpGroup: 'READ',
    summary: 'Fetch from the remote first, or never; by default only if the last fetch is old.',
  }),
};

/** Returns the fetch policy that --fetch or --no-fetch sets; `otherwise` if neither is given. */
export function fetchPolicy<T>(fetch: boolean | undefined, otherwise: T): 'always' | 'never' | T {
  if (fetch === undefined) return otherwise;
  return fetch ? 'always' : 'never';
}

/** Base class of the commands that read the repository. */
export abstract class ReadCommand<T extends CommandClass> extends KgitCommand<T> {
  static override baseFlags: Interfaces.FlagInput = { ...KgitCommand.baseFlags, ...READ_FLAGS };

  declare protected flags: CommonFlags & Interfaces.InferredFlags<typeof READ_FLAGS> & OwnFlags<T>;

  static override get exits(): readonly ErrorCode[] {
    return [...KgitCommand.exits, 'NO_REPO', 'INVALID_STATE', 'REMOTE'];
  }

  /** Opens the repository, after a fetch as --fetch or --no-fetch says, or as `otherwise` says if neither is given. */
  protected openFetched(
    otherwise: FetchPolicy | 'default' = 'default',
    about?: (settings: Settings) => About,
  ): Promise<Context> {
    return this.open(fetchPolicy(this.flags.fetch, otherwise), about);
  }
}
