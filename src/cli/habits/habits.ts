/** Translates a command line into kgit's own words before it is parsed. Nothing else does. */
import {
  ANSWERS,
  type Answer,
  DATE_FLAGS,
  FLAGS,
  KINDS,
  LISTS_LOCKS,
  PHRASES,
  SHARED_FLAGS,
  SUBJECT_AT,
  WORDS,
} from './habit-table.js';

interface KnownFlag {
  readonly type: 'boolean' | 'option';
  readonly char?: string | undefined;
  readonly aliases?: readonly string[] | undefined;
}

/** The commands as the build's manifest lists them. */
export type KnownCommands = Readonly<Record<string, { readonly flags: Readonly<Record<string, KnownFlag>> }>>;

/** A command line in kgit's own words, and the answer if it is not to be carried out. */
export interface Understood {
  readonly argv: readonly string[];
  readonly answer: Answer | null;
}

interface Token {
  readonly text: string;
  readonly kind: 'flag' | 'value' | 'word';
}

type TakesValue = (flag: string) => boolean;

/** Returns a test for flags that, written without a value, take the next word: `--repo`, `-o`. */
function takesValue(flags: Readonly<Record<string, KnownFlag>>): TakesValue {
  return (text) =>
    Object.entries(flags).some(
      ([name, { type, char, aliases = [] }]) =>
        type === 'option' &&
        (text === `-${char}` || text === `--${name}` || aliases.some((alias) => text === `--${alias}`)),
    );
}

function tokens(words: readonly string[], takes: TakesValue): Token[] {
  let isValue = false;
  return words.map((text) => {
    const kind = isValue ? 'value' : text.startsWith('-') && text !== '-' ? 'flag' : 'word';
    isValue = kind === 'flag' && takes(text);
    return { text, kind };
  });
}

/** Moves flags that come before the command, as git and kubectl allow, behind it. */
function commandFirst(words: readonly string[], commands: KnownCommands): readonly string[] {
  if (!words[0]?.startsWith('-')) return words;
  const all = Object.values(commands).map(({ flags }) => takesValue(flags));
  const parts = tokens(words, (flag) => flag === '-C' || all.some((takes) => takes(flag)));
  const at = parts.findIndex(({ kind }) => kind === 'word');
  if (at < 0) return words;
  const before = words.slice(0, at).map((word) => (word === '-C' ? '--repo' : word));
  return [words[at] as string, ...before, ...words.slice(at + 1)];
}

/** Returns the command that a word names, ignoring case and taking `_` for `-`. */
function spelt(word: string, commands: KnownCommands): string {
  if (Object.hasOwn(commands, word)) return word;
  const name = word.toLowerCase().replaceAll('_', '-');
  return Object.hasOwn(commands, name) || Object.hasOwn(WORDS, name) ? name : word;
}

/** Replaces the words of a known phrase. */
function phrase(parts: readonly Token[], isCut: boolean): readonly Token[] {
  const [command, ...rest] = parts;
  const at = rest.findIndex(({ kind }) => kind === 'word');
  const said = `${command?.text} ${rest[at]?.text}`;
  const meant = at < 0 || (isCut && said.startsWith('lock ')) ? undefined : own(PHRASES, said);
  if (meant === undefined) return parts;
  const words = meant.map((text) => ({ text, kind: 'word' as const }));
  return [...words, ...rest.filter((_, i) => i !== at)];
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/**
 * Joins `cluster NAME` and `clusters/NAME` into the one word `cluster/NAME`.
 * @param from number of words before it
 */
function joinedSubject(parts: readonly Token[], from: number): readonly Token[] {
  const words = [...parts.keys()].filter((i) => parts[i]?.kind === 'word').slice(from);
  const [at = -1, next = -1] = words;
  const [head = '', ...names] = parts[at]?.text.split('/') ?? [];
  const kind = own(KINDS, head);
  if (kind === undefined || (names.length === 0 && next < 0)) return parts;
  const name = names.length > 0 ? names.join('/') : parts[next]?.text;
  const subject = { text: `${kind}/${name}`, kind: 'word' as const };
  return parts.flatMap((part, i) => {
    if (i === at) return [subject];
    return names.length === 0 && i === next ? [] : [part];
  });
}

/** Replaces a command that does not take the given subject with one that does, or the subject with a flag. */
function bySubject(command: string, parts: readonly Token[]): [string, readonly Token[]] {
  const at = parts.findIndex(({ kind }) => kind === 'word');
  const [kind, id] = parts[at]?.text.split('/') ?? [];
  if (id === undefined || !(kind === 'cluster' || kind === 'deployment')) return [command, parts];
  if (command === 'history') return ['log', parts];
  if (command !== 'get') return [command, parts];
  if (kind === 'cluster') return ['show', parts];
  const named = { text: `--deployment=${id}`, kind: 'flag' as const };
  return ['get', parts.map((part, i) => (i === at ? named : part))];
}

/** A date in git's notation, which is never an event id. */
const DATE = /^\d{4}-\d\d-\d\d|[ .]ago$/;

function ownFlags(command: string, parts: readonly Token[]): Understood {
  const table = own(FLAGS, command) ?? {};
  let answer: Answer | null = null;
  const argv = parts.flatMap(({ text, kind }, i) => {
    if (kind !== 'flag') return [text];
    if (command === 'log' && /^-\d+$/.test(text)) return ['--limit', text.slice(1)];
    const [flag = '', value = parts[i + 1]?.text ?? ''] = text.split('=');
    const dated = command === 'log' && DATE.test(value) ? own(DATE_FLAGS, flag) : undefined;
    if (dated !== undefined) return [dated + text.slice(flag.length)];
    const meant = own(table, text) ?? own(SHARED_FLAGS, text) ?? [text];
    if ('message' in meant) {
      answer ??= meant;
      return [text];
    }
    return meant;
  });
  return { argv, answer };
}

function answerTo(words: readonly string[], commands: KnownCommands): Answer | null {
  const [word = '', next = ''] = words;
  const answer =
    own(ANSWERS, `${word} ${next}`) ?? (Object.hasOwn(commands, word) ? undefined : own(ANSWERS, word));
  if (answer === undefined) return null;
  const isClear = answer.unless !== undefined && words.some((text) => text.split('=')[0] === answer.unless);
  return isClear ? null : answer;
}

/**
 * Translates a command line into kgit's own words. What users of git, kubectl and others type is translated if that is
 * harmless; anything else is answered with the right command. Words after `--` belong to another program.
 */
export function understand(argv: readonly string[], commands: KnownCommands): Understood {
  const end = argv.indexOf('--');
  const [given, rest] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  if (given.length === 1 && (given[0] === '-v' || given[0] === '-V'))
    return { argv: ['--version'], answer: null };
  if (given[0] === '--version') return versionOf(argv);
  const [word = '', ...words] = commandFirst(given, commands);
  if (word === '' || word.startsWith('-'))
    return given.includes('--version') ? versionOf(argv) : { argv, answer: null };
  const name = spelt(word, commands);
  if (name === 'help') return helpOf(words, commands);
  const answer = answerTo([name, ...words], commands);
  if (answer) return { argv: [name, ...words, ...rest], answer };
  const flags = (command: string) => takesValue(own(commands, command)?.flags ?? {});
  const isKnown = Object.hasOwn(commands, name);
  const [first = name, ...added] = isKnown ? [name] : (own(WORDS, name) ?? [name]);
  const said = phrase(tokens([first, ...added, ...words], flags(first)), end >= 0);
  const [head = { text: first }, ...parts] = said;
  const from = own(SUBJECT_AT, head.text);
  const joined = from === undefined ? parts : joinedSubject(parts, from);
  const [command, about] = bySubject(head.text, joined);
  const understood = ownFlags(
    command,
    tokens(
      about.map(({ text }) => text),
      flags(command),
    ),
  );
  return { argv: [command, ...understood.argv, ...rest], answer: understood.answer };
}

/** Handles `--version`: with further flags it is the command `version`. */
function versionOf(argv: readonly string[]): Understood {
  const rest = argv.filter((word) => word !== '--version' && word !== '--');
  return { argv: rest.length > 0 ? ['version', ...rest] : argv, answer: null };
}

/** Handles `kgit help` and `kgit help COMMAND`, where COMMAND may be another program's name for it. */
function helpOf(words: readonly string[], commands: KnownCommands): Understood {
  const { argv, answer } = understand(words, commands);
  return { argv: [...argv.slice(0, 1).filter((word) => word !== '--help'), '--help'], answer };
}

/** Whether the word after `kgit lock --` is a lock's name that would list the locks before `--`. */
export function isNameOfLock(words: readonly string[]): boolean {
  return words.length === 1 && LISTS_LOCKS.includes(words[0] as string);
}
