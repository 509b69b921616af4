import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** Where a text stands: an event's message, the command of `run`, or a YAML document of state. */
export type Place = 'message' | 'command' | 'state';

export interface HeldOut {
  readonly name: string;
  readonly place: Place;
  readonly text: string;
  /** What the guard is handed: the text, or the state that it describes. */
  readonly value: unknown;
}

const ALPHABETS: Readonly<Record<string, string>> = {
  m: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  h: '0123456789abcdef',
  l: 'abcdefghijklmnopqrstuvwxyz0123456789',
  a: 'abcdefghijklmnopqrstuvwxyz',
  A: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  d: '0123456789',
  g: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
};
const MARK = /\{(?:([a-zA-Z]):(\d{1,3})|(uuid|yt)|colons:(\d{1,2})|enc:(\{[^}]*\}|[^}]*)|)\}/g;

/** The same bytes for the same seed, on every machine. */
function bytes(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${seed} ${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

function draw(seed: string, kind: string, length: number): string {
  if (kind === 'b') return bytes(seed, length).toString('base64');
  const alphabet = ALPHABETS[kind];
  if (alphabet === undefined) throw new RangeError(`no such mark: {${kind}:${length}}`);
  return Array.from(bytes(seed, length), (byte) => alphabet[byte % alphabet.length]).join('');
}

/**
 * A line with its marks filled in: `{m:20}` is 20 random letters and digits, likewise `h` hexadecimal, `l` lower case
 * and digits, `a` lower case, `A` upper case and digits, `d` digits, `g` base64url; `{b:32}` is the base64 of 32 bytes,
 * `{colons:20}` 20 bytes as a fingerprint, `{enc:X}` the base64 of X. `{}` and `~` in X keep scanners of forges away.
 */
function fill(name: string, text: string): string {
  let count = 0;
  return text.replace(
    MARK,
    (_, kind?: string, length?: string, id?: string, colons?: string, plain?: string) => {
      const seed = `${name} ${count++}`;
      if (kind !== undefined) return draw(seed, kind, Number(length));
      if (id === 'uuid')
        return draw(seed, 'h', 32)
          .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5')
          .slice(0, 36);
      if (id === 'yt') return draw(seed, 'g', 11);
      if (colons !== undefined)
        return bytes(seed, Number(colons))
          .toString('hex')
          .toUpperCase()
          .replace(/..(?=.)/g, '$&:');
      return plain === undefined ? '' : Buffer.from(plain.replaceAll('~', '')).toString('base64');
    },
  );
}

function isPlace(word: string | undefined): word is Place {
  return word === 'message' || word === 'command' || word === 'state';
}

/** The texts of a list in `folder`, marks filled in. */
export function heldOut(
  file: 'secrets' | 'harmless' | 'secrets-unseen' | 'harmless-unseen',
  folder: URL = new URL('.', import.meta.url),
): HeldOut[] {
  const lines = readFileSync(new URL(`${file}.txt`, folder), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', place, raw = ''] = /^(.*?) \| (\w+) \| (.*)$/.exec(line) ?? [];
      if (!isPlace(place)) throw new RangeError(`not a line of a held-out list: ${line.slice(0, 40)}`);
      const text = fill(
        name,
        raw.replace(/\\([n\\t])/g, (_, c: string) => (c === 'n' ? '\n' : c === 't' ? '\t' : '\\')),
      );
      return { name, place, text, value: place === 'state' ? parse(text) : text };
    });
}
