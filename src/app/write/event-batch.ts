import { LineCounter, parseAllDocuments } from 'yaml';
import { UsageError } from '../../errors.js';
import { MAX_EVENT_BYTES } from '../../model/event/event-schema.js';
import { duplicateKey } from '../../model/value/duplicate-key.js';
import { isFileValue } from '../../model/value/value.js';
import { type InexactNumber, inexactJsonNumber, inexactNumber } from '../../model/yaml/exact-number.js';
import { respelledNumbers, respelledProblem } from '../../model/yaml/spelled-numbers.js';
import { yamlProblem } from '../../model/yaml/yaml.js';

/** One document of a batch: its value, or why it cannot be read. */
export type BatchItem = { readonly value: unknown } | { readonly error: UsageError };

/** Largest batch, in bytes. */
export const MAX_BATCH_BYTES = 128 * 1024 * 1024;
const MAX_ALIASES = 100;
/** Longest text of one event, in characters: its content has a limit of its own, and quoting takes room. */
const MAX_DOCUMENT = 4 * MAX_EVENT_BYTES;

function tooLarge(number: number): BatchItem {
  const data = { line: number };
  return {
    error: new UsageError(`line ${number}: the event is larger than ${MAX_EVENT_BYTES / 1024} KiB`, { data }),
  };
}

function keyTwice(key: string, line: number): UsageError {
  return new UsageError(`line ${line}: the key ${JSON.stringify(key.slice(0, 80))} is given twice`, {
    suggestions: ['Give each key once: of two values one would be lost'],
    data: { line, key: key.slice(0, 300) },
  });
}

/** The error for a number that would change when it is stored. Line and column count from 1. */
function inexact({ problem }: InexactNumber, line: number, column: number): BatchItem {
  const message = `line ${line}, column ${column}: ${problem}`;
  return { error: new UsageError(message, { data: { line } }) };
}

function jsonLine(line: string, number: number): BatchItem {
  if (line.length > MAX_DOCUMENT) return tooLarge(number);
  try {
    const value = JSON.parse(line) as unknown;
    // Of a key that is given twice, or a number that is not exact, the text would be another: a quick test for most. What nests
    // deeper than a file may would end it with a full stack.
    if (isFileValue(value) && JSON.stringify(value) === line) return { value };
    const twice = duplicateKey(line);
    if (twice !== null) return { error: keyTwice(twice, number) };
    const found = inexactJsonNumber(line);
    return found ? inexact(found, number, found.offset + 1) : { value };
  } catch (cause) {
    return {
      error: new UsageError(`line ${number} is not JSON: ${(cause as Error).message.slice(0, 200)}`, {
        data: { line: number },
      }),
    };
  }
}

/** The line where a document starts that is too large to be parsed; null if there is none. */
function largeDocument(text: string): number | null {
  let line = 1;
  for (const part of text.split(/^---(?=\s)/m)) {
    if (part.length > MAX_DOCUMENT) return line;
    line += part.split('\n').length - 1;
  }
  return null;
}

function yamlItems(text: string): BatchItem[] {
  const large = largeDocument(text);
  if (large !== null) return [tooLarge(large)];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { uniqueKeys: true, lineCounter: lines });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document): BatchItem[] => {
    const [error] = [...document.errors, ...document.warnings];
    const place = error?.linePos?.[0];
    const key = error?.code === 'DUPLICATE_KEY' ? /^[^:\n]{1,80}/.exec(text.slice(error.pos[0]))?.[0] : null;
    if (key && place) return [{ error: keyTwice(key.replace(/^["']|["']$/g, ''), place.line) }];
    const where = place ? `line ${place.line}, column ${place.col}: ` : '';
    if (error)
      return [
        {
          error: new UsageError(`${where}${yamlProblem(error)}`, {
            data: { line: place?.line ?? null },
          }),
        },
      ];
    if (document.contents === null) return [];
    const number = inexactNumber(document.contents);
    const [respelled] = respelledNumbers(document.contents);
    const changed = number ?? (respelled && { ...respelled, problem: respelledProblem(respelled) });
    if (changed) {
      const { line, col } = lines.linePos(changed.offset);
      return [inexact(changed, line, col)];
    }
    try {
      return [{ value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown }];
    } catch (cause) {
      return [
        {
          error: new UsageError(`a document cannot be read: ${(cause as Error).message.slice(0, 200)}`, {
            cause,
          }),
        },
      ];
    }
  });
}

/** Reads the documents of a batch: one JSON value per line (NDJSON), or YAML documents separated by `---`. */
export function readBatch(text: string): BatchItem[] {
  if (!/^\s*\{/.test(text)) return yamlItems(text);
  const lines = text.split('\n').map((line, i) => ({ line, number: i + 1 }));
  return lines.filter(({ line }) => line.trim() !== '').map(({ line, number }) => jsonLine(line, number));
}
