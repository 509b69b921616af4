import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { bashLines, parseBashLine } from '../cli/completion/bash-line.js';
import { findOffers, type Recorded } from '../cli/completion/find-offers.js';
import { cobraLines } from '../cli/completion/offer.js';
import { readTypedLine } from '../cli/completion/typed-line.js';
import { parseRepositorySpec } from '../model/subject/repository-spec.js';
import { withMarker } from '../setup/config.js';
import { liesAt } from '../setup/git-places.js';
import { managementsOf, readMarker } from '../store/read/records.js';
import type { CommandResult } from '../terminal/output.js';

export default class Complete extends KgitCommand<typeof Complete> {
  static override hidden = true;
  static override summary = 'Print completions for the word at the cursor.';
  static override description = helpText(
    KgitCommand,
    `Called by the code that kgit completion prints, and by kubectl. It never uses the network and writes nothing. words takes the words after kgit, the last of which is being typed; it prints a line per completion (value, tab, description), then the directive that cobra programs print. bash takes the line up to the cursor, COMP_WORDBREAKS, COMP_TYPE and COLUMNS; it prints what bash should do, then the replacements for the word.`,
    'NO_REPO',
    'INVALID_STATE',
  );
  static override examples = [
    "<%= config.bin %> complete words -- log ''",
    "<%= config.bin %> complete bash -- 'kgit log ' ' =:' 9 80",
  ];
  static override strict = false;
  static override args = {
    form: Args.string({
      required: true,
      options: ['words', 'bash'],
      description: 'The form of the request.',
    }),
  };

  /** A key press must not wait for a server. */
  protected override get isOffline(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const commands = this.config.commands.filter(({ hidden }) => !hidden);
    // Taken from argv, since one of the words may be `--` itself.
    const words = this.argv.slice(this.argv.indexOf('--') + 1);
    const [line = '', breaks = '', type = '', columns = ''] = words;
    const bash = this.args.form === 'bash' ? parseBashLine(line, breaks) : null;
    const typed = readTypedLine(bash === null ? words : bash.words.slice(1), commands);
    const { repo, config, deployment, management } = Object.fromEntries(typed.given);
    this.flags = { ...this.flags, repo, config, deployment, management };
    const offers = await findOffers(typed, commands, () => this.#recorded());
    return {
      json: { offers: offers.list, partial: offers.isPartial, files: offers.takesFiles },
      rows: offers.list,
      isExact: true,
      lines: () =>
        bash === null ? cobraLines(offers) : bashLines(offers, bash, type, Number(columns) || 80),
    };
  }

  /** Opens the local repository; null if it may exist only at a remote. */
  async #recorded(): Promise<Recorded | null> {
    const local = await this.localSettings();
    const { repo } = local.settings;
    if (repo !== undefined && parseRepositorySpec(repo, liesAt(process.cwd())).isUrl) return null;
    const { opened } = await this.openUnread();
    if (opened.repository.store.readsRemotely) return null;
    const { view } = await opened.repository.read('never', 0);
    const marker = await readMarker(view, opened.path);
    const settings = withMarker(local, marker);
    return { opened, view, settings, managements: managementsOf(marker), now: this.now() };
  }
}
