import { isAscii } from '../fold-text.js';
import { lazily } from '../lazily.js';
import { isFilePath, isOpaque, isPlaceholder, isSubstitution, looksLikePassword } from '../placeholder.js';
import { isSecretUnder, kindOfName, type NameKind } from '../secret-name.js';
import { otherPassword, PLAIN_PASSWORD, PLAIN_STEMS } from '../secret-words.js';
import type { SecretSpan } from '../span.js';

/** Ends of names whose values are judged; `kindOfName` then decides by the whole name. */
const KEYWORDS = [
  '(?:pass(?:word|wd|phrase|code)?|pw|pwd|pin(?:[-_ ]?(?:code|number))?|pat|mdp|secret(?:[-_]?id)?|token|psk|auth|authorization',
  '|credential|cred|dockerconfigjson|connection[-_]?string|session[-_]?id',
  '|(?:private|priv|pre-?shared|api|app|application|access|account|secret|storage|ssh|client|encryption|signing|master|shared',
  '|certificate|routing|integration|consumer|auth|hmac|session|licen[cs]e|product|activation|recovery|unseal|root|join)',
  `[-_ ]?key(?:[-_]data)?|${PLAIN_PASSWORD})s?(?![A-Za-z])`,
].join('');
const KEYWORD = new RegExp(KEYWORDS, 'gi');
/** Each match of KEYWORD has one of these in it. */
const STEMS = [
  ...['pass', 'pw', 'pin', 'pat', 'mdp', 'secret', 'token', 'psk', 'auth', 'cred', 'dockerconfigjson'],
  ...['connection', 'session', 'key', ...PLAIN_STEMS],
];
/** Up to this length, a look for the stems takes less time than V8 needs to compile the pattern. */
const MAX_SHORT = 256;
/** For texts with non-ASCII characters. */
const anyKeyword = lazily(() => new RegExp(`${KEYWORDS}|(?:${otherPassword()})`, 'gi'));
/**
 * From the name to its value: `=`, `:`, `=>`, `->`, a quote on either side, a YAML block indicator; or the blanks after
 * a flag.
 */
const SEPARATOR =
  /(?:\d{1,3})?["'\\]{0,4}[ \t]{0,8}(?:(=>|->|→|:=|=(?!=)|:)[ \t]{0,8}(?:[|>][-+0-9]{0,2}[ \t]{0,8}\r?\n[ \t]{0,64})?|([ \t]{1,8}))(\\?["'])?/y;
const NAME_BEFORE = /[\w.-]{0,64}$/;
const ANY_NAME_BEFORE = /[\p{L}\p{N}_.-]{0,64}$/u;
/** Up to the next parameter of a URL query or an option list. */
const BARE_VALUE = /(?:(?![&;]\w{1,40}=)[^\s"'`]){1,4096}/y;
const MAX_VALUE = 4096;

interface Found {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

function readValue(text: string, at: number, quote: string | undefined): Found | undefined {
  if (quote) {
    const close = text.slice(at, at + MAX_VALUE).indexOf(quote);
    if (close >= 0) return { value: text.slice(at, at + close), start: at, end: at + close };
  }
  BARE_VALUE.lastIndex = at;
  const raw = BARE_VALUE.exec(text)?.[0];
  if (raw === undefined) return undefined;
  const value = raw.replace(/[,;)}\].]{1,8}$/, '');
  return { value, start: at, end: at + value.length };
}

/** `password: was rotated`: after a colon, a word that is followed by another word is prose. */
function isProse(text: string, { value, end }: Found, kind: NameKind): boolean {
  const next = text.slice(end, end + 8);
  if (!/^\p{L}[\p{Ll}-]*[,.]?$/u.test(value)) return false;
  return /^[,.]?[ \t]+\p{L}/u.test(next) || (kind === 'pass' && /^[,.]?[ \t]+\d/.test(next));
}

/** `pw hunter2`, `PIN 4711`: the value after a word that can only mean the secret itself. */
function isAfterWord(word: string, value: string): boolean {
  return word === 'PIN' ? isSecretUnder('pin', value) : looksLikePassword(value);
}

function isSecretValue(kind: NameKind, isCommand: boolean, value: string): boolean {
  // The value of a command's flag or variable is the token itself; in YAML it may be the name of an object.
  if (kind === 'token' && isCommand)
    return (
      !isPlaceholder(value) && !isFilePath(value) && (isOpaque(value) || !/^[a-z0-9.-]{0,63}$/.test(value))
    );
  return isSecretUnder(kind, value);
}

/** `kgit set --secret PATH=-` and `PATH=@FILE` say where a secret comes from, not what it is. */
const SOURCE = /^([A-Za-z_][\w.-]{0,255})=(?:-|@[\w./~-]{1,255})$/;

function isSource(value: string): boolean {
  const [, path] = SOURCE.exec(value) ?? [];
  return path !== undefined && !isOpaque(path);
}

/** Whether a text needs no search: most short ones, so that most commands never compile the pattern. */
function hasNoKeyword(text: string): boolean {
  if (text.length > MAX_SHORT || !isAscii(text)) return false;
  const lower = text.toLowerCase();
  return !STEMS.some((stem) => lower.includes(stem));
}

/** Finds values that a name or flag in `text` marks as secret: `password=X`, `"token": "X"`, `--client-secret X`. */
export function findAssignments(text: string): SecretSpan[] {
  if (hasNoKeyword(text)) return [];
  const spans: SecretSpan[] = [];
  const [keyword, nameBefore] = isAscii(text) ? [KEYWORD, NAME_BEFORE] : [anyKeyword(), ANY_NAME_BEFORE];
  keyword.lastIndex = 0;
  for (let match = keyword.exec(text); match; match = keyword.exec(text)) {
    const nameEnd = match.index + match[0].length;
    SEPARATOR.lastIndex = nameEnd;
    const separator = SEPARATOR.exec(text);
    if (!separator) continue;
    const before = nameBefore.exec(text.slice(Math.max(0, match.index - 64), match.index))?.[0] ?? '';
    const isFlag = before.startsWith('-');
    if (isSubstitution(text, SEPARATOR.lastIndex)) continue;
    const found = readValue(text, SEPARATOR.lastIndex, separator[3]);
    if (!found) continue;
    const isAfterBlank = separator[2] !== undefined;
    if (isAfterBlank && (isFlag ? found.value.startsWith('-') : !isAfterWord(match[0], found.value)))
      continue;
    // `--token TOKEN`: a help text's placeholder for the value.
    if (isAfterBlank && /^[A-Z][A-Z_]{1,30}$/.test(found.value)) continue;
    if (before === '--' && match[0] === 'secret' && isSource(found.value)) continue;
    const kind = kindOfName(before.replace(/^-+/, '') + match[0]);
    if (isAfterBlank && !isFlag && kind !== 'secret' && kind !== 'pin') continue;
    if (separator[1] === ':' && separator[3] === undefined && isProse(text, found, kind)) continue;
    if (!isSecretValue(kind, isFlag || separator[1] === '=', found.value)) continue;
    spans.push({
      start: found.start,
      end: found.end,
      rule: 'assignment',
      what: /^[\w -]*$/.test(match[0])
        ? `value of "${match[0].toLowerCase()}"`
        : 'value of a word for "password"',
    });
    keyword.lastIndex = Math.max(found.end, nameEnd);
  }
  return spans;
}
