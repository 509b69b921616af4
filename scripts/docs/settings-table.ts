import { SCRIPT_PHASES } from '../../src/model/script-phases.js';
import { SETTING_RULES, type SettingRule } from '../../src/settings.js';
import { markdownTable } from './table.js';

const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``);

/** Where a value in a file may stand; flag and variable have columns of their own. */
function filesOf({ places }: SettingRule): string {
  const files = [
    places.includes('files') ? 'configuration files' : '',
    places.includes('kgit.yaml') ? '`kgit.yaml`' : '',
  ];
  return files.filter(Boolean).join(', ');
}

/** The table of settings, from `src/settings.ts`. */
export function settingsTable(): string {
  return markdownTable(
    ['setting', 'what it is', 'type', 'default', 'flag', 'variable', 'in files'],
    SETTING_RULES.map((rule) => [
      code(rule.name),
      rule.about,
      rule.type,
      rule.preset,
      code(rule.flag),
      code(rule.variable),
      filesOf(rule),
    ]),
  );
}

/** The preset of `phaseSequence`, as it would stand in a kgit.yaml. */
export function phaseSequenceYaml(): string {
  const lines = ['settings:', '  phaseSequence:', ...SCRIPT_PHASES.map((name) => `    - ${name}`)];
  return ['```yaml', ...lines, '```'].join('\n');
}
