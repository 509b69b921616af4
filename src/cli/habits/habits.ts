/** The one place where a command line is put into kgit's own words before it is parsed. */
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

/** The commands as the build wrote them down. */
export type KnownCommands = Readonly<Record<string, { readonly flags: Readonly<Record<string, KnownFlag>> }>>;

/** A command line in kgit's own words, and the answer where it is not to be carried out. */
export interface Understood {
  readonly argv: readonly string[];
  readonly answer: Answer | null;
}

interface Token {
  readonly text: string;
  readonly kind: 'flag' | 'value' | 'word';
}

type TakesValue = (flag: string) => boolean;

/** Whether a flag, written without a value, takes the next word: `--repo`, `-o`. */
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

/** Moves flags that stand before the command, as git and kubectl take them, after it. */
function commandFirst(words: readonly string[], commands: KnownCommands): readonly string[] {
  if (!words[0]?.startsWith('-')) return words;
  const all = Object.values(commands).map(({ flags }) => takesValue(flags));
  const parts = tokens(words, (flag) => flag === '-C' || all.some((takes) => takes(flag)));
  const at = parts.findIndex(({ kind }) => kind === 'word');
  if (at < 0) return words;
  const before = words.slice(0, at).map((word) => (word === '-C' ? '--repo' : word));
  return [words[at] as string, ...before, ...words.slice(at + 1)];
}

/** The command that a word names, whatever its case and hyphens. */
function spelt(word: string, commands: KnownCommands): string {
  if (Object.hasOwn(commands, word)) return word;
  const name = word.toLowerCase().replaceAll('_', '-');
  return Object.hasOwn(commands, name) || Object.hasOwn(WORDS, name) ? name : word;
}

/** The words of a phrase that are replaced, and by what. */
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

/** `cluster NAME` and `clusters/NAME` as the one word `cluster/NAME`; @param from how many words stand before it */
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

/** A subject where a command expects something else: the command that takes it. */
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

/** A date as git takes it, and never the id of an event. */
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
 * A command line as kgit's commands have it: what users of git, kubectl and others type is put into kgit's words where
 * that is harmless, and answered with the right command elsewhere. What follows `--` is another program's.
 */
export function understand(argv: readonly string[], commands: KnownCommands): Understood {
  const end = argv.indexOf('--');
  const [given, rest] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  if (given.length === 1 && (given[0] === '-v' || given[0] === '-V'))
    return { argv: ['--version'], answer: null };
  if (given[0] === '--version') return { argv, answer: null };
  const [word = '', ...words] = commandFirst(given, commands);
  if (word === '' || word.startsWith('-')) return { argv, answer: null };
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

/** `kgit help`, and `kgit help COMMAND`, whatever the command is called elsewhere. */
function helpOf(words: readonly string[], commands: KnownCommands): Understood {
  const { argv, answer } = understand(words, commands);
  return { argv: [...argv.slice(0, 1).filter((word) => word !== '--help'), '--help'], answer };
}

/** Whether the words after `kgit lock --` are a lock's name that would list the locks if it stood before `--`. */
export function isNameOfLock(words: readonly string[]): boolean {
  return words.length === 1 && LISTS_LOCKS.includes(words[0] as string);
}
