import { lazily } from './lazily.js';

/** A text in plain letters, as it looks to a reader; `at` maps an index back to the original. */
export interface FoldedText {
  readonly text: string;
  /** Index into the original of the character at `index` of `text`; the original's length for the end. */
  at(index: number): number;
}

const BEYOND_ASCII = /[^\u0000-\u007f]/;
/** Combining marks, and invisible characters. */
const DROPPED = /[\p{M}\p{Cf}]/gu;

/** Characters that compatibility decomposition leaves unchanged, each with the ASCII character that it resembles. */
const PAIRS = [
  // Cyrillic and Greek letters that look Latin, and Latin letters with a stroke.
  'аaАAВBеeЕEѕsЅSіiІIјjЈJкkКKМMНHоoОOрpРPсcСCТTуyхxХXԁdԛqԝwһhӏl',
  'οoΟOαaΑAΒBΕEΖZΗHΙIιiΚKκkΜMΝNνvΡPρpΤTΥYΧXχx',
  'łlŁLøoØOđdĐDħhßsıi',
  // Characters that resemble a colon, an equals sign, a hyphen or a quote.
  '꞉:∶:ː:˸:։:׃:᠄:⁝:；;═=꞊=゠=᐀=‐-‑-‒-–-—-−-＿_“"”"„"‟"«"»"″"「"」"‘\'’\'‚\'‹\'›\'′\'',
].join('');
const lookAlikes = lazily(() => {
  const characters = [...PAIRS];
  return new Map(characters.flatMap((from, i) => (i % 2 === 0 ? [[from, characters[i + 1] ?? from]] : [])));
});

/** Whether `text` is ASCII only. */
export function isAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

/** Cached, because texts use few different characters. */
const folds = new Map<string, string>();
const MAX_FOLDS = 10_000;

function foldCharacter(character: string): string {
  const known = folds.get(character);
  if (known !== undefined) return known;
  const fold = folded(character);
  if (folds.size >= MAX_FOLDS) folds.clear();
  folds.set(character, fold);
  return fold;
}

function folded(character: string): string {
  const alike = lookAlikes().get(character);
  if (alike !== undefined) return alike;
  const plain = character.normalize('NFKD').replace(DROPPED, '');
  return lookAlikes().get(plain) ?? (/^[\p{Zs}]$/u.test(plain) ? ' ' : plain);
}

/**
 * Returns `text` with full-width forms, styled letters and look-alikes from other alphabets in ASCII, without accents
 * and invisible characters. Both sides of a comparison with words of other languages are folded.
 */
export function foldText(text: string): FoldedText {
  if (isAscii(text)) return { text, at: (index) => index };
  const places: number[] = [];
  let plainText = '';
  let place = 0;
  for (const character of text) {
    const plain = character < '\u0080' ? character : foldCharacter(character);
    for (let i = 0; i < plain.length; i++) places.push(place);
    plainText += plain;
    place += character.length;
  }
  return { text: plainText, at: (index) => places[index] ?? text.length };
}
