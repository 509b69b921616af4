/** Options of drivers: what the block of settings named after a driver may hold. */

/** One option: how it is described, and how a value from outside is parsed. */
export interface Option<T> {
  readonly type: string;
  readonly preset: string;
  readonly about: string;
  /** Parses a value; undefined if it breaks the rule. */
  readonly read: (value: unknown) => T | undefined;
  /** Environment variable that overrides files. */
  readonly variable?: string;
  /** Whether the value must be shown to nobody; a file that holds it must be readable by its owner alone. */
  readonly isSecret?: boolean;
}

/** Options of one driver by their names in its block: `host`, `tls.ca`. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of options; undefined where nothing sets one. */
export type OptionValues<T extends Options> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V | undefined : never;
};

/** Returns the typed values of a driver's options. Values that break their rule count as not set. */
export function optionValues<const T extends Options>(
  options: T,
  given: Readonly<Record<string, unknown>>,
): OptionValues<T> {
  const values = Object.entries(options).map(([name, { read }]) => [name, read(given[name])]);
  return Object.fromEntries(values) as OptionValues<T>;
}

/** Upper limit of a text, in characters. */
const MAX_TEXT = 1024;

/** Maximum number of items in a list of servers. */
const MAX_LIST = 32;

const line = (value: unknown) =>
  typeof value === 'string' && value.length <= MAX_TEXT && !/[\u0000-\u001f\u007f]/.test(value)
    ? value
    : undefined;

/** Parses one line of text. An empty one counts as not set by the drivers. */
export function text(about: string, preset: string): Option<string> {
  return { type: 'text', preset, about, read: line };
}

/** Path of a file; a relative one is resolved from the current folder. */
export function file(about: string): Option<string> {
  return { type: 'path of a file', preset: 'none', about, read: line };
}

/** A password or token, which a variable may give instead of a file. */
export function secret(about: string, variable: string): Option<string> {
  return { type: 'text', preset: 'none', about, read: line, variable, isSecret: true };
}

/** Whole number in a range, limits included. */
export function count(
  about: string,
  preset: number,
  [least, most]: readonly [number, number],
): Option<number> {
  return {
    type: `whole number from ${least} to ${most}`,
    preset: String(preset),
    about,
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? value
        : undefined,
  };
}

/** One of a list of words. */
export function word<const T extends string>(about: string, words: readonly [T, ...T[]]): Option<T> {
  return {
    type: words.join(' or '),
    preset: words[0],
    about,
    read: (value) => words.find((one) => one === value),
  };
}

/** List of servers. */
export function servers(
  about: string,
  preset: string,
  type = 'list of HOST:PORT',
): Option<readonly string[]> {
  return {
    type,
    preset,
    about,
    read: (value) => {
      if (!Array.isArray(value) || value.length > MAX_LIST) return undefined;
      const lines = value.map(line).filter((one): one is string => one !== undefined && one !== '');
      return lines.length === value.length ? lines : undefined;
    },
  };
}

/** The options of TLS, the same for every server. */
export const TLS_OPTIONS = {
  'tls.ca': file(
    "Certificates, as PEM, of the authorities that sign the server's certificate; turns TLS on.",
  ),
  'tls.cert': file('Certificate of the client, as PEM, for mutual TLS.'),
  'tls.key': file('Private key of the client, as PEM, for mutual TLS.'),
} satisfies Options;
