import { helpText, KgitCommand } from '../base-command.js';
import { standingJson, standingLines } from '../cli/lease-result.js';
import type { CommandResult } from '../cli/output.js';
import { RemoteError } from '../errors.js';
import { readFlags } from '../read-flags.js';
import type { Leases, LockStanding } from '../store/leases.js';

export default class Locks extends KgitCommand {
  static override summary = 'Who holds which lock.';
  static override description = helpText(
    `Lists the locks that somebody holds, with holder, fencing token and expiry, as the remote has them now. An expired lease can be taken over when it has been seen unchanged for its TTL: kgit lock NAME --wait.`,
    'NO_REPO',
    'INVALID_STATE',
    'REMOTE',
  );
  static override examples = [
    '<%= config.bin %> locks',
    '<%= config.bin %> locks -o wide',
    `<%= config.bin %> locks --json | jq '.locks[] | select(.expired)'`,
  ];
  static override flags = { ...readFlags };

  protected async execute(): Promise<CommandResult> {
    const { opened, settings } = await this.open('never');
    const standings = await this.#list(opened.leases, settings.timeout);
    const now = this.now();
    const locks = standings.map((standing) => standingJson(standing, now));
    return {
      json: { locks },
      names: standings.map(({ record }) => record.name),
      rows: locks,
      lines: (screen, wide) => standingLines(standings, now, screen, wide),
    };
  }

  async #list(leases: Leases, timeout: number): Promise<LockStanding[]> {
    if (this.flags['fetch'] === false) return leases.list(null);
    try {
      return await leases.list(timeout);
    } catch (error) {
      if (!(error instanceof RemoteError) || this.flags['fetch'] === true) throw error;
      this.note(`answered from what was last seen here: ${error.message}`);
      return leases.list(null);
    }
  }
}
