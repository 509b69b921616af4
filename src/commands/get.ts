import { Args, Flags } from '@oclif/core';
import type { Context } from '../app/open/configured.js';
import { aboutDeployment, resolveDeployment } from '../app/open/subjects.js';
import { helpText } from '../cli/base/help-text.js';
import { ReadCommand } from '../cli/base/read-command.js';
import { KIND_COMMANDS } from '../cli/habits/habit-table.js';
import { assignedText } from '../cli/input/assignments.js';
import { NotFoundError } from '../errors.js';
import { formatStatePath, lookUp, parseStatePath } from '../model/state/state-path.js';
import { statePath } from '../model/subject/layout.js';
import type { Value } from '../model/value/value.js';
import { numberText } from '../model/yaml/number-text.js';
import { formatYaml } from '../model/yaml/yaml.js';
import { readState } from '../store/read/records.js';
import type { CommandResult } from '../terminal/output.js';

export default class Get extends ReadCommand<typeof Get> {
  static override summary = "Read a deployment's state.";
  static override description = helpText(
    ReadCommand,
    `Prints the value at PATH, or the whole state: a scalar raw, a mapping or list as YAML, null as null. A path that is not there prints nothing and exits 15, unless --default. A value that an import withheld is printed on the machine that imported it; elsewhere it exits 19.`,
    'NOT_FOUND',
    'SECRET',
  );
  static override examples = [
    '<%= config.bin %> get deployment.phase',
    '<%= config.bin %> get kof --deployment k0rdent-abc123 -o json',
    '<%= config.bin %> get kof.version --default 1.5.0',
    `<%= config.bin %> get 'deployment.vm_states."node.example.com".public_ip'`,
  ];
  static override args = {
    path: Args.string({ description: 'Dotted path; odd keys quoted, lists by index.' }),
  };
  static override flags = {
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment (KGIT_DEPLOYMENT); the only one if left out.',
    }),
    default: Flags.string({ helpValue: 'VALUE', summary: 'What to print when the path is not there.' }),
    at: Flags.string({
      helpValue: 'REVISION|TIME',
      summary: 'The state as it was at a revision or time, for example 3d or "2025-07-11 14:30".',
    }),
  };

  protected override get readsHistory(): boolean {
    return this.flags.at !== undefined;
  }

  protected override get isPaged(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const path = this.args.path === undefined ? [] : parseStatePath(this.args.path);
    const context = await this.openFetched(
      'default',
      this.flags.at === undefined ? aboutDeployment : undefined,
    );
    const { state, id } = await this.#state(context);
    const text = formatStatePath(path);
    const found = state === null ? { found: false } : lookUp(state, path);
    const preset = this.flags.default;
    if (!found.found && this.flags.at === undefined) {
      // Loaded on demand: most runs do not need it.
      const { withheldValue } = await import('../sync/plan/withheld-value.js');
      const secret = await withheldValue(path, id, {
        view: context.reading.view,
        folder: context.opened.localFolder,
      });
      if (secret !== undefined) return this.#withheld(text, id, secret);
    }
    if (!found.found && preset === undefined) throw missing(text, id, state === null);
    const value = found.found ? found.value : assignedText(preset ?? '').value;
    const shown = found.found ? value : preset;
    return {
      json: { subject: `deployment/${id}`, path: text, value },
      isExact: true,
      lines: () => [valueText(shown)],
      names: text ? [text] : [],
    };
  }

  #withheld(path: string, id: string, value: Value): CommandResult {
    this.note(`${path} is withheld from the repository: this machine alone has it`);
    return {
      json: { subject: `deployment/${id}`, path, value },
      isExact: true,
      lines: () => [valueText(value)],
      names: [path],
    };
  }

  /** Reads the requested state, and returns it with the id of its deployment. Throws NotFoundError. */
  async #state(context: Context) {
    const { opened, reading, settings } = context;
    const id = await resolveDeployment({ view: reading.view, settings });
    const at = this.flags.at;
    if (at === undefined) return { state: await readState(reading.view, id), id };
    // Loaded on demand: most runs do not need it.
    const { noStateThen, stateThen } = await import('../app/read/state-then.js');
    const { store } = opened.repository;
    const state = await stateThen(at, id, { store, reading }, this.now());
    if (state === null && this.flags.default === undefined) throw noStateThen(at, id);
    return { state, id };
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'object' && value !== null ? formatYaml(value).trimEnd() : String(value);
}

function missing(path: string, id: string, isUnknown: boolean): NotFoundError {
  const file = statePath(id);
  if (isUnknown) {
    return new NotFoundError(`deployment ${id} has no state: there is no ${file}`, {
      suggestions: ["'kgit list deployments' shows those that there are"],
      data: { deployment: id, path },
    });
  }
  const near = path.includes('.') ? `kgit get ${path.slice(0, path.lastIndexOf('.'))}` : 'kgit get';
  const meant = Object.hasOwn(KIND_COMMANDS, path) ? [`Did you mean '${KIND_COMMANDS[path]}'?`] : [];
  return new NotFoundError(`${path} is not in the state of deployment ${id}`, {
    suggestions: [...meant, `'${near}' shows what is there; --default VALUE prints a value of yours`],
    data: { deployment: id, path },
  });
}
