import { readFileSync } from 'node:fs';

/** A row of bad-input.tsv. */
export interface BadInput {
  readonly name: string;
  /** What is prepared before: a keyword and its word, such as `state broken`; empty for a plain repository. */
  readonly setUp: readonly string[];
  readonly words: readonly string[];
  readonly exitCode: number;
  /** Null where it is no failure. */
  readonly code: string | null;
  /** What the user must be told. */
  readonly told: readonly string[];
}

/** Words of a command line: blanks set them apart, '…' is as it stands, "…" is a JSON string, {3*ab} is ababab. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (const [part] of line.matchAll(
    /'[^']*'|"(?:[^"\\]|\\.)*"|\{\d+\*[^ ]\}|\{\d+\*\w\.\}|\\.|\s+|[\s\S]/g,
  )) {
    if (/^\s+$/.test(part)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + meaning(part);
  }
  return word === null ? words : [...words, word];
}

function meaning(part: string): string {
  if (part.length === 1) return part;
  if (part.startsWith('"')) return JSON.parse(part) as string;
  if (part.startsWith("'")) return part.slice(1, -1);
  if (part.startsWith('\\')) return part.slice(1);
  const [, count, text] = /^\{(\d+)\*(.*)\}$/.exec(part) as unknown as [string, string, string];
  return text.repeat(Number(count));
}

function rowOf(line: string): BadInput {
  const cells = line.split('\t');
  if (cells.length !== 5) throw new Error(`a row has 5 columns: ${line}`);
  const [name, input, exitCode, code, told] = cells as [string, string, string, string, string];
  const [, setUp = '', command = ''] = /^(?:\[([^\]]+)\] )?(.*)$/.exec(input) ?? [];
  return {
    name,
    setUp: setUp.split(' ').filter(Boolean),
    words: splitWords(command),
    exitCode: Number(exitCode),
    code: code === '-' ? null : code,
    told: told.split(' | '),
  };
}

/** The rows of the table in `file`. */
export function readTable(file: string): BadInput[] {
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map(rowOf);
}
