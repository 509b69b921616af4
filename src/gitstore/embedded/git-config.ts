import { join } from 'node:path';
import type { FileSystem } from '../../store/port/means.js';
import { textAt } from './files.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Largest configuration file that is read, in characters. */
const MAX_TEXT = 1024 * 1024;
const SECTION = /^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)$/;
const VARIABLE = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/s;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

/** A value without its quotes, escapes and comment. */
function plainValue(text: string): string {
  let value = '';
  let [isQuoted, kept] = [false, 0];
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '"') isQuoted = !isQuoted;
    else if (char === '\\') {
      i += 1;
      value += ESCAPED[text[i] ?? ''] ?? text[i] ?? '';
    } else if (!isQuoted && (char === '#' || char === ';')) break;
    else value += char;
    if (isQuoted || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}

type Setting = readonly [key: string, value: string];

/** Parses one of git's configuration files: its settings in their order, keys in lower case but for the middle part. */
export function parseGitConfig(text: string): Setting[] {
  const config: Setting[] = [];
  let section = '';
  // A backslash at the end of a line continues it.
  for (const line of text
    .slice(0, MAX_TEXT)
    .replace(/\\\r?\n/g, '')
    .split(/\r?\n/)) {
    let rest = line.trim();
    const header = SECTION.exec(rest);
    if (header) {
      const [, name = '', middle, more = ''] = header;
      section =
        middle === undefined ? name.toLowerCase() : `${name.toLowerCase()}.${middle.replace(/\\(.)/g, '$1')}`;
      rest = more;
    }
    const [, key, value] = (rest.startsWith('#') || rest.startsWith(';') ? null : VARIABLE.exec(rest)) ?? [];
    if (key && section)
      config.push([`${section}.${key.toLowerCase()}`, value === undefined ? 'true' : plainValue(value)]);
  }
  return config;
}

/** The settings that `GIT_CONFIG_COUNT` hands to every git. */
function fromEnvironment(environment: Environment): Setting[] {
  const count = Math.min(Number(environment['GIT_CONFIG_COUNT'] ?? 0) || 0, 1000);
  const config: Setting[] = [];
  for (let i = 0; i < count; i++) {
    const [key, value] = [environment[`GIT_CONFIG_KEY_${i}`], environment[`GIT_CONFIG_VALUE_${i}`]];
    const cut = [key?.indexOf('.') ?? -1, key?.lastIndexOf('.') ?? -1] as const;
    if (key === undefined || value === undefined || cut[0] < 0) continue;
    const name = `${key.slice(0, cut[0]).toLowerCase()}${key.slice(cut[0], cut[1])}${key.slice(cut[1]).toLowerCase()}`;
    config.push([name, value]);
  }
  return config;
}

/** A path in the configuration: `~/` is the user's home. */
export function configuredPath(path: string, { HOME: home }: Environment): string {
  return home && path.startsWith('~/') ? join(home, path.slice(2)) : path;
}

/** The user's folder `git`; null if the user has no home. */
export function usersFolder({ HOME: home, XDG_CONFIG_HOME: xdg }: Environment): string | null {
  const folder = xdg || (home && join(home, '.config'));
  return folder ? join(folder, 'git') : null;
}

/** Files of attributes outside of repositories. */
export function attributeFiles(
  config: ReadonlyMap<string, string>,
  environment: Environment,
): readonly string[] {
  const named = config.get('core.attributesfile');
  const folder = usersFolder(environment);
  const own =
    named !== undefined ? [configuredPath(named, environment)] : folder ? [join(folder, 'attributes')] : [];
  return ['/etc/gitattributes', ...own];
}

/** Files of the system and of the user, in git's order. */
function usersFiles(environment: Environment): readonly string[] {
  const { HOME: home } = environment;
  const system = environment['GIT_CONFIG_NOSYSTEM']
    ? []
    : [environment['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig'];
  const named = environment['GIT_CONFIG_GLOBAL'];
  if (named !== undefined) return [...system, named].filter(Boolean);
  const folder = usersFolder(environment);
  return [
    ...system,
    ...(folder ? [join(folder, 'config')] : []),
    ...(home ? [join(home, '.gitconfig')] : []),
  ];
}

async function settingsOf(
  fs: FileSystem,
  files: readonly string[],
  environment: Environment,
): Promise<Setting[]> {
  const texts = await Promise.all(files.map((file) => textAt(fs, file)));
  return [...texts.flatMap((text) => parseGitConfig(text ?? '')), ...fromEnvironment(environment)];
}

/** All values of a key that a repository does not decide: those of the system, the user and the environment. */
export async function protectedValues(
  fs: FileSystem,
  key: string,
  environment: Environment,
): Promise<readonly string[]> {
  const settings = await settingsOf(fs, usersFiles(environment), environment);
  return settings.flatMap(([name, value]) => (name === key ? [value] : []));
}

/**
 * git's effective configuration (the last value of each key, the first URL of a remote), as far as it needs no program: files that others include are not read.
 * @param gitDir of a repository; null outside of one
 */
export async function readGitConfig(
  fs: FileSystem,
  gitDir: string | null,
  environment: Environment,
): Promise<Map<string, string>> {
  const files = [...usersFiles(environment), ...(gitDir === null ? [] : [join(gitDir, 'config')])];
  const config = new Map<string, string>();
  for (const [key, value] of await settingsOf(fs, files, environment)) {
    // git fetches from the first of several URLs.
    const isSecond = config.has(key) && /^remote\..*\.url$/s.test(key);
    if (!isSecond) config.set(key, value);
  }
  return config;
}

/** A value as a configuration file holds it. */
const quoted = (value: string) => `"${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;

/** Formats a section of a configuration file. */
export function configSection(
  name: string,
  middle: string | null,
  values: Readonly<Record<string, string>>,
): string {
  const head = middle === null ? `[${name}]` : `[${name} ${quoted(middle)}]`;
  const lines = Object.entries(values).map(
    ([key, value]) => `\t${key} = ${/^[\w./:+*-]+$/.test(value) ? value : quoted(value)}\n`,
  );
  return `${head}\n${lines.join('')}`;
}
