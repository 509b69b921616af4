import { listLocks } from '../app/lock/list-locks.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { LIST_FLAGS, sortedBy } from '../cli/flags/list-options.js';
import { locksJson, standingJson } from '../cli/render/json/locks-json.js';
import { standingLines } from '../cli/render/lease-result.js';
import type { CommandResult } from '../terminal/output.js';

export default class Locks extends ReadCommand<typeof Locks> {
  static override summary = 'List locks and their holders.';
  static override description = helpText(
    ReadCommand,
    `Lists the locks that are held, with holder, fencing token and expiry, as the remote has them now; if the remote does not answer, or with --no-fetch, as they were last seen here (stale). A ref in the place of a lock that is not a lock is named on stderr, and in JSON under broken. An expired lease can be taken over once it has been seen unchanged for its TTL: kgit lock NAME --wait.`,
  );
  static override examples = [
    '<%= config.bin %> locks',
    '<%= config.bin %> locks -o wide',
    `<%= config.bin %> locks --json | jq '.locks[] | select(.expired)'`,
  ];
  static override flags = LIST_FLAGS;

  protected async execute(): Promise<CommandResult> {
    const { opened, settings } = await this.open('never');
    const {
      standings: listed,
      broken,
      place,
      unkept,
      staleness,
    } = await listLocks(opened.leases, this.flags.fetch, settings.timeout);
    if (staleness) this.note(`answered from what was last seen here: ${staleness.message}`);
    if (unkept && !staleness) this.note(`what was seen cannot be kept here: ${unkept.message}`);
    for (const { problem, suggestions } of broken) {
      this.note(`not a lock: ${problem}`);
      for (const suggestion of suggestions) this.note(`  ${suggestion}`);
    }
    const isStale = staleness !== null || (this.flags.fetch === false && opened.repository.store.isRemote);
    const now = this.now();
    const standings = sortedBy(listed, this.flags['sort-by'], (one) => standingJson(one, now));
    const json = locksJson({ standings, broken, place }, isStale, now);
    return {
      json,
      names: standings.map(({ record }) => record.name),
      rows: json.locks,
      lines: (screen, wide) => standingLines(standings, isStale, now, screen, wide),
    };
  }
}
