import { SCRIPT_PHASES } from '../../src/model/state/script-phases.js';
import { SETTING_RULES, type SettingRule } from '../../src/setup/settings.js';
import { GIT_KEYS } from './git-keys.js';
import { markdownTable } from './table.js';
import { VARIABLES } from './variables.js';
import { FILES } from './who-writes.js';

const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``);

/** Which files may set it; flag and variable have columns of their own. */
function filesOf({ places }: SettingRule): string {
  if (!places.includes('kgit.yaml')) return 'your own files';
  return places.includes('files') ? 'your own files, committed files, `kgit.yaml`' : '`kgit.yaml`';
}

/** The table of settings, from `src/setup/settings.ts`. */
export function settingsTable(): string {
  return markdownTable(
    ['setting', 'what it is', 'type', 'default', 'flag', 'variable', 'in files', 'who may set it, and why'],
    SETTING_RULES.filter(({ driver }) => driver === undefined).map((rule) => [
      code(rule.name),
      rule.about,
      rule.type,
      rule.preset,
      code(rule.flag),
      code(rule.variable),
      filesOf(rule),
      `${rule.places.includes('kgit.yaml') ? 'The team' : 'You alone'}. ${rule.trust}`,
    ]),
  );
}

/** The table of the drivers' options, from `src/backends/options/`. */
export function driverOptionsTable(): string {
  return markdownTable(
    ['option', 'what it is', 'type', 'default', 'variable'],
    SETTING_RULES.filter(({ driver }) => driver !== undefined).map(
      ({ name, about, type, preset, variable }) => [code(name), about, type, preset, code(variable)],
    ),
  );
}

/** What kgit reads, and who can have written it. */
export function filesTable(): string {
  const head = ['file', 'who can write it', 'what it may decide', 'what keeps it there'];
  return markdownTable(
    head,
    Object.values(FILES).map(({ file, writer, decides, guard }) => [file, writer, decides, guard]),
  );
}

export function variablesTable(): string {
  return markdownTable(
    ['variable', 'what for'],
    VARIABLES.map(([names, about]) => [names.map(code).join(', '), about]),
  );
}

export function gitKeysTable(): string {
  return markdownTable(
    ['git setting', 'what it could do', 'what kgit does'],
    GIT_KEYS.map(({ keys, could, kgit }) => [keys.map(code).join(', '), could, kgit]),
  );
}

/** The default of `phaseSequence`, as a kgit.yaml would have it. */
export function phaseSequenceYaml(): string {
  const lines = ['settings:', '  phaseSequence:', ...SCRIPT_PHASES.map((name) => `    - ${name}`)];
  return ['```yaml', ...lines, '```'].join('\n');
}
