import { Args } from '@oclif/core';
import type { Context } from '../app/open/configured.js';
import { defaultManagement } from '../app/open/subjects.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import {
  DEFAULT_ORIGIN,
  type Implied,
  type MarkerSource,
  originText,
  type SettingRow,
  settingRows,
} from '../cli/render/settings-report.js';
import { NoRepositoryError, NotFoundError } from '../errors.js';
import { maskSecrets } from '../model/secret/mask-secrets.js';
import { MARKER_FILE } from '../model/subject/layout.js';
import { TOKEN_VARIABLES } from '../model/value/token-variables.js';
import { actorOf, ciUser } from '../setup/identity.js';
import { SETTING_RULES, type Settings } from '../setup/settings.js';
import type { Identity } from '../store/port/driver.js';
import { listDeployments, readMarker } from '../store/read/records.js';
import type { CommandResult } from '../terminal/output.js';
import { formatTable } from '../terminal/table.js';

const shownValue = (value: SettingRow['value']) =>
  value === null ? '' : typeof value === 'object' ? value.join(', ') : String(value);

export default class Config extends KgitCommand<typeof Config> {
  static override summary = 'Show each setting, its value and its origin.';
  static override description = helpText(
    KgitCommand,
    `Shows every setting with the value in use and the place that it came from: a flag, a variable, a file with its line, kgit.yaml, git's own settings, or the default. With KEY it prints the value alone. It asks no remote and works outside of a repository, too. Of tokens it shows which variable holds one, never the token. Settings are written with an editor: docs/settings.md says where each may stand.`,
    'INVALID_STATE',
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> config',
    '<%= config.bin %> config read.maxAge',
    '<%= config.bin %> config -o wide',
    `<%= config.bin %> config --json | jq '.settings[] | select(.origin.kind != "default")'`,
  ];
  static override args = {
    key: Args.string({ description: 'One setting, such as timeout or read.maxAge.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const context = await this.#perhapsOpen();
    const settings = context?.settings ?? (await this.settingsOnly());
    const marker = context && (await this.#marker(context));
    const implied = context === null ? {} : await this.#implied(context);
    const rows = (await settingRows(settings, await this.settingSources(), marker, implied)).map(masked);
    const key = this.args.key;
    if (key !== undefined) return one(rowOf(rows, key));
    // Reports only that a token is set, never its value.
    const tokens = TOKEN_VARIABLES.filter((name) => this.environment[name]);
    return {
      json: { settings: rows, tokens },
      rows,
      names: rows.map(({ name }) => name),
      lines: ({ style, width }, wide) => [
        ...formatTable(
          ['SETTING', 'FROM', 'VALUE', ...(wide ? ['ABOUT'] : [])],
          rows.map(({ name, value, origin, about }) => [
            { text: name, colour: 'bold' as const },
            { text: originText(origin), ...(origin.kind === 'default' ? { colour: 'dim' as const } : {}) },
            shownValue(value),
            ...(wide ? [about] : []),
          ]),
          style,
          wide ? null : width,
        ),
        ...tokens.map((name) => `${name} is set: a token, which is not shown`),
      ],
    };
  }

  /** Opens the repository without the network; null if there is none. */
  async #perhapsOpen(): Promise<Context | null> {
    try {
      return await this.open('never');
    } catch (error) {
      if (!(error instanceof NoRepositoryError)) throw error;
      this.note(`no state repository here: what ${MARKER_FILE} sets is not among these`);
      return null;
    }
  }

  async #marker({ opened, reading }: Context): Promise<MarkerSource> {
    const layer = this.markerLayer(await readMarker(reading.view, opened.path));
    return { layer, text: (await reading.view.read(MARKER_FILE)) ?? '', path: MARKER_FILE };
  }

  /** Returns the values of settings that nothing sets. */
  async #implied(context: Context): Promise<Implied> {
    const { opened, reading, settings } = context;
    const deployments = await listDeployments(reading.view);
    const [only] = deployments.length === 1 ? deployments : [];
    const origin = DEFAULT_ORIGIN;
    return {
      repo: { value: opened.path, origin },
      management: { value: defaultManagement(context), origin },
      user: this.#user(settings, opened.identity),
      ...(only === undefined ? {} : { deployment: { value: only, origin } }),
    };
  }

  #user(settings: Settings, identity: Identity) {
    const { name: value } = actorOf(settings, this.environment, identity);
    const named = ciUser(this.environment);
    if (named) return { value, origin: { kind: 'environment' as const, place: named.variable, line: null } };
    const isGit = identity.name === value;
    return {
      value,
      origin: isGit ? { kind: 'git' as const, place: 'user.name', line: null } : DEFAULT_ORIGIN,
    };
  }
}

/** Masks secrets in a row: an address, or a value in the wrong place, may contain one. */
function masked(row: SettingRow): SettingRow {
  const { value } = row;
  if (typeof value !== 'string') return row;
  return { ...row, value: maskSecrets(value) };
}

function one(row: SettingRow): CommandResult {
  const { name, value } = row;
  const lines = value === null ? [] : typeof value === 'object' ? value : [String(value)];
  return {
    json: { settings: [row], tokens: [] },
    rows: [row],
    names: [name],
    lines: () => lines,
    isExact: true,
  };
}

/** Finds the row of a setting by its name in files or its variable. Throws NotFoundError. */
function rowOf(rows: readonly SettingRow[], key: string): SettingRow {
  const rule = SETTING_RULES.find(
    ({ name, variable }) => name.toLowerCase() === key.toLowerCase() || variable === key,
  );
  const row = rows.find(({ name }) => name === rule?.name);
  if (row) return row;
  throw new NotFoundError(`there is no setting ${JSON.stringify(key.slice(0, 80))}`, {
    suggestions: [`Settings are ${rows.map(({ name }) => name).join(', ')}`],
    data: { key: key.slice(0, 80) },
  });
}
