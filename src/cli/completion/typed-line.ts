import type { Command } from '@oclif/core';

type CompletedCommand = Pick<Command.Loadable, 'id' | 'args' | 'flags'>;

/** The role of the word at the cursor. */
export type Place =
  | { readonly kind: 'command' }
  | { readonly kind: 'flag' }
  /** A flag value; `before` is the part of the word before it, such as `--flag=`. */
  | { readonly kind: 'value'; readonly flag: string; readonly before: string }
  /** The argument at that index. */
  | { readonly kind: 'argument'; readonly index: number }
  /** After `--`. */
  | { readonly kind: 'other' };

/** A partly typed command line. */
export interface TypedLine {
  readonly command: CompletedCommand | null;
  readonly place: Place;
  /** The word at the cursor, without a leading `--flag=`. */
  readonly typed: string;
  /** Values of the flags typed so far, by name. */
  readonly given: ReadonlyMap<string, string>;
}

/** Parses the words after `kgit`, the last of which is being typed. Skips flags that the command does not have. */
export function readTypedLine(words: readonly string[], commands: readonly CompletedCommand[]): TypedLine {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  // The flags that may come before the command are the same for every command.
  const [some] = commands;
  let command: CompletedCommand | null = null;
  const given = new Map<string, string>();
  let argumentCount = 0;
  const flagOf = (word: string): string | null => {
    const { flags = {} } = command ?? some ?? {};
    const name = /^--([^=]+)/.exec(word)?.[1];
    if (name !== undefined) return flags[name]?.type === 'option' ? name : null;
    const char = /^-(\w)/.exec(word)?.[1];
    const found = Object.entries(flags).find(
      ([, flag]) => flag.type === 'option' && char !== undefined && flag.char === char,
    );
    return found?.[0] ?? null;
  };
  const done = (place: Place, typed = last): TypedLine => ({ command, place, typed, given });
  for (let i = 0; i < before.length; i++) {
    const word = before[i] as string;
    if (word === '--') return done({ kind: 'other' });
    if (word.startsWith('-')) {
      const flag = flagOf(word);
      const inline = /^(?:--[^=]+=|-\w=?)(.+)$/s.exec(word)?.[1];
      if (flag === null) continue;
      if (inline !== undefined) given.set(flag, inline);
      else if (i === before.length - 1) return done({ kind: 'value', flag, before: '' });
      else given.set(flag, before[++i] as string);
    } else if (command === null) {
      command = commands.find(({ id }) => id === word) ?? null;
      if (command === null) return done({ kind: 'other' });
    } else argumentCount += 1;
  }
  const inline = /^(--[^=]+=|-\w=?)(.*)$/s.exec(last);
  const flag = inline ? flagOf(last) : null;
  if (inline && flag !== null && inline[1] !== last)
    return done({ kind: 'value', flag, before: inline[1] ?? '' }, inline[2]);
  if (inline?.[1]?.endsWith('=') && flag !== null)
    return done({ kind: 'value', flag, before: inline[1] }, inline[2]);
  if (last.startsWith('-')) return done({ kind: 'flag' });
  return command === null ? done({ kind: 'command' }) : done({ kind: 'argument', index: argumentCount });
}
