/** Every setting × whoever could have written the file that it stands in, from the table of settings. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FILES, type FileId } from '../../../scripts/docs/who-writes.js';
import { type ConfigSources, localSettings, readSources } from '../../../src/setup/config.js';
import { DEFAULT_SETTINGS, SETTING_RULES, type SettingRule } from '../../../src/setup/settings.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { put } from '../../support/red-team/field.js';
import { RC, WRITERS, type Writer } from '../../support/red-team/writers.js';
import { sharedState } from '../../support/state-repository.js';

/** What a stranger would like each setting to be; a new setting needs a line. */
const HOSTILE: Readonly<Record<string, unknown>> = {
  repo: 'https://evil.example/state.git',
  store: 'evil',
  fallback: 'file',
  path: '/tmp/evil',
  deployment: 'evil',
  management: 'evil',
  namespace: 'evil',
  user: 'the boss',
  timeout: '23d',
  'read.maxAge': '23d',
  'publish.interval': '1h',
  'publish.keep': '23d',
  'write.onProtected': 'propose',
  'propose.forge': 'gitea',
  'propose.apiUrl': 'https://evil.example/api',
  phaseSequence: ['evil'],
  'migration.filesUntil': '2001-01-01',
  locks: 'branches',
  signatures: 'required',
  notify: { targets: { evil: { type: 'exec', command: ['evil'] } } },
  'secrets.kinds': ['hc_vault'],
};

/** The same for the options of drivers, by their type. */
const HOSTILE_OPTIONS: Readonly<Record<string, unknown>> = {
  text: 'evil',
  'path of a file': '/etc/shadow',
  'list of HOST:PORT': ['evil.example:1'],
  'whole number from 1 to 65535': 66,
  'whole number from 0 to 65535': 66,
  'whole number from 0 to 100': 66,
  'required or none': 'none',
};

function hostile({ name, driver, type }: SettingRule): unknown {
  return driver === undefined ? HOSTILE[name] : HOSTILE_OPTIONS[type];
}

/** A mapping that holds one value, below the names of a dotted path. */
function nested(path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  return first === undefined ? value : { [first]: nested(rest, value) };
}

/** Writes one setting into the file and reads all settings as a command does. */
async function settingsFrom({ place, after }: Writer, rule: SettingRule) {
  const { file, cwd, env = {}, isNamed = false } = place();
  const block = nested(rule.name.split('.'), hostile(rule));
  put(file, JSON.stringify(isNamed ? { state_management: block } : block));
  after?.(file);
  const told: string[] = [];
  const sources: ConfigSources = {
    ...{ flags: {}, environment: env, cwd, file: isNamed ? file : undefined },
    ...{ uid: process.getuid?.() ?? null, warn: (message: string) => told.push(message) },
  };
  const read = readSources(sources).then((read) => localSettings(read).settings);
  return { file, told, settings: await read.catch((error: Error) => error) };
}

/** What comes of a setting in a file that is trusted so far. */
function expected({ trust }: Writer, rule: SettingRule) {
  const { key, name, places, read, shared, isSecret } = rule;
  const value = read(hostile(rule));
  const isForFiles = places.includes('files');
  const isForAll = isForFiles && places.includes('kgit.yaml');
  const bounded = shared && typeof value === 'number' ? Math.min(value, shared[1]) : value;
  if (trust === 'all' && isSecret) return { error: 'other users of this machine can read the file' };
  if (trust === 'all') return isForFiles ? { value } : { error: `${name} cannot be set there` };
  if (trust === 'refused') return isForAll ? { value: bounded } : { error: `${name} cannot be set there` };
  if (trust === 'shared' && isForAll) return { value: bounded };
  return { value: DEFAULT_SETTINGS[key], told: trust === 'shared' ? name : 'so it is not read' };
}

describe.each(Object.entries(WRITERS))('a setting written by %s', (_name, writer) => {
  it
    .runIf(!writer.asRoot || process.getuid?.() === 0)
    .each(SETTING_RULES.map((rule) => [rule.name, rule] as const))('%s', async (_setting, rule) => {
    const want = expected(writer, rule);
    const { file, told, settings } = await settingsFrom(writer, rule);
    if ('error' in want) {
      expect(String(settings)).toContain(want.error);
      return;
    }
    expect(settings).not.toBeInstanceOf(Error);
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, [rule.key]: want.value });
    expect(told).toHaveLength(want.told === undefined ? 0 : 1);
    if (want.told !== undefined) {
      expect(told[0]).toContain(file);
      expect(told[0]).toContain(want.told);
      if (writer.trust === 'shared') expect(told[0]).toContain('~/.config/kgit/config.yaml');
    }
  });
});

describe('the suite', () => {
  it('has a line for every setting, and a writer for every file of settings', () => {
    const general = SETTING_RULES.filter(({ driver }) => driver === undefined);
    expect(Object.keys(HOSTILE)).toEqual(general.map(({ name }) => name));
    const rows = Object.entries(FILES).filter(([, { readBy }]) =>
      (readBy as readonly string[]).includes('setup/config.ts'),
    );
    const tried = new Set(Object.values(WRITERS).map(({ row }) => row));
    // What kgit.yaml may set is tried with the published one, in files.test.ts.
    expect(rows.map(([id]) => id).filter((id) => id !== 'marker')).toEqual(
      rows.map(([id]) => id).filter((id) => tried.has(id as FileId)),
    );
  });

  it('a stranger can hide no setting of the user’s: behind a committed file the next one is read', async () => {
    const top = temporaryFolder();
    const path = join(top, 'state');
    git(top, 'clone', '--quiet', cloneOf(sharedState()), path);
    put(join(top, RC), 'user: me\ndeployment: mine\n');
    put(join(path, RC), 'user: the boss\ndeployment: evil\nnamespace: theirs\n');
    const sources = await readSources({
      flags: {},
      environment: {},
      cwd: path,
      file: undefined,
      uid: process.getuid?.() ?? null,
      warn: () => undefined,
    });
    expect(localSettings(sources).settings).toMatchObject({
      user: 'me',
      deployment: 'mine',
      namespace: 'theirs',
    });
  });
});
