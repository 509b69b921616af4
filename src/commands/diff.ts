import { Args, Flags } from '@oclif/core';
import type { Context } from '../app/open/configured.js';
import { aboutDeployment, resolveDeployment } from '../app/open/subjects.js';
import { comparedViews } from '../app/read/compared-views.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { changesResult } from '../cli/render/change-rows.js';
import { NotFoundError } from '../errors.js';
import { changedDeployments, diffViews, lastChange, lastChanged } from '../review/diff.js';
import { listDeployments } from '../store/read/records.js';
import type { CommandResult } from '../terminal/output.js';

export default class Diff extends ReadCommand<typeof Diff> {
  static override summary = "Compare a deployment's state, path by path.";
  static override description = helpText(
    ReadCommand,
    `Without arguments the last change; with one REV what changed since then, with two how the second differs from the first. A...B is what B changed since the merge base of A and B, as in git: what a proposal changes. A side left out is HEAD, what is checked out. Each path comes with the last event that changed it. Where there are several deployments and none is named, all that differ are told; without arguments the one that was changed last.`,
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> diff',
    '<%= config.bin %> diff HEAD~5',
    '<%= config.bin %> diff v1 v2 --deployment k0rdent-abc123',
    '<%= config.bin %> diff origin/main...origin/resize',
    '<%= config.bin %> diff origin/main... --json',
  ];
  static override args = {
    from: Args.string({ description: 'A revision, or A...B' }),
    to: Args.string({ description: 'A revision.' }),
  };
  static override flags = {
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment (KGIT_DEPLOYMENT); all if left out.',
    }),
  };

  protected override get readsHistory(): boolean {
    return this.args.from !== undefined;
  }

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.openFetched(
      'default',
      this.args.from === undefined ? aboutDeployment : undefined,
    );
    const { settings, reading } = context;
    const { from, to } = this.args;
    const sides = from === undefined ? null : await comparedViews(from, to, context);
    const views = sides ? [sides.before, sides.after] : [reading.view];
    const known = [...new Set((await Promise.all(views.map(listDeployments))).flat())].sort();
    const isOne = settings.deployment !== undefined || known.length < 2;
    const ids = isOne
      ? [await this.#deployment(known, context)]
      : sides
        ? await changedDeployments(sides.before, sides.after, known)
        : await lastChanged(reading.view, known);
    const tell = async (id: string) => ({
      subject: `deployment/${id}`,
      rows: sides ? await diffViews(sides.before, sides.after, id) : await lastChange(reading.view, id),
    });
    const all = await Promise.all(ids.map(tell));
    return changesResult(isOne ? all : all.filter(({ rows }) => rows.length > 0), {
      heads: !isOne,
      none: 'no difference',
    });
  }

  /** Resolves the requested deployment. Throws NotFoundError if neither side has it. */
  async #deployment(known: readonly string[], { reading: { view }, settings }: Context): Promise<string> {
    const [only] = known;
    if (settings.deployment === undefined && known.length === 1 && only !== undefined) return only;
    const id = await resolveDeployment({ view, settings });
    if (known.includes(id)) return id;
    throw new NotFoundError(`there is no deployment ${id}`, {
      suggestions: ["'kgit list deployments' shows those that there are"],
      data: { deployment: id },
    });
  }
}
