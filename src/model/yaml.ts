import { Document, isScalar, LineCounter, parseDocument, Scalar, visit, type YAMLError } from 'yaml';
import { InvalidStateError } from '../errors.js';
import { inexactNumber } from './exact-number.js';
import { formatPlainYaml } from './format-plain-yaml.js';
import { isTypedSomewhere } from './plain-text.js';
import { readPlainYaml } from './plain-yaml.js';
import { withSpelledNumbers } from './spelled-numbers.js';
import { isFileValue, type Value } from './value.js';

/** Largest YAML file that is read, in bytes of UTF-8 (a state.yaml of a large fleet has about 100 KiB). */
export const MAX_YAML_BYTES = 8 * 1024 * 1024;
const MAX_ALIASES = 100;

/** What is wrong with a YAML text, in one line without the place. */
export function yamlProblem(error: YAMLError): string {
  const [line = ''] = error.message.split('\n');
  // The parser goes down by recursion.
  if (/call stack/.test(line)) return 'it is nested too deep';
  return line.replace(/ at line \d+, column \d+:?$/, '') || error.code;
}

function invalid(file: string, message: string, offset: number, lines: LineCounter): InvalidStateError {
  const { line, col } = lines.linePos(offset);
  return new InvalidStateError(`${file}:${line}:${col}: ${message}`, {
    data: { path: file, line, column: col },
    suggestions: [`Mend ${file} at line ${line}, commit it, and run the command again`],
  });
}

/**
 * Parses one YAML 1.2 document that nobody vouches for: size, aliases and depth are bounded, custom tags,
 * duplicate keys, a second document, and numbers that would not be kept as they are written are refused.
 * Throws InvalidStateError that names file, line and column.
 */
export function parseYamlDocument(text: string, file: string): Document.Parsed {
  const { document, lines } = parseLenient(text, file);
  const number = inexactNumber(document.contents);
  if (number) throw invalid(file, number.problem, number.offset, lines);
  return document;
}

/**
 * As parseYamlDocument, but numbers may be such as would not be kept as they are written: `spelledValue` takes these
 * for text. Throws InvalidStateError.
 */
export function parseSpelledDocument(text: string, file: string): Document.Parsed {
  return parseLenient(text, file).document;
}

function parseLenient(text: string, file: string): { document: Document.Parsed; lines: LineCounter } {
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) {
    throw new InvalidStateError(`${file}: larger than ${MAX_YAML_BYTES / 1024 / 1024} MiB`, {
      data: { path: file },
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: true,
    strict: true,
    uniqueKeys: true,
  });
  const error = document.errors[0] ?? document.warnings[0];
  if (error) throw invalid(file, yamlProblem(error), error.pos[0], lines);
  return { document, lines };
}

/** The value of a document that `parseYamlDocument` gave; null for an empty one. */
export function documentValue(document: Document, file: string): Value {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new InvalidStateError(`${file}: ${cause instanceof Error ? cause.message : 'cannot be read'}`, {
      data: { path: file },
      cause,
    });
  }
  if (isFileValue(value)) return value;
  throw new InvalidStateError(
    `${file}: holds a value that is neither text, number, truth value, list nor mapping`,
    {
      data: { path: file },
    },
  );
}

/**
 * As documentValue, of a file that nobody wrote for kgit: a number that would not be written back as it is spelled
 * (`1.10`, `007`, 20 digits) is its text, as a key and as a value. Throws InvalidStateError.
 */
export function spelledValue(document: Document, file: string): Value {
  return withSpelledNumbers(document, () => documentValue(document, file));
}

/** `parseSpelledDocument` and `spelledValue` in one, without the YAML package where the text is plain. */
export function parseSpelledYaml(text: string, file: string): Value {
  return readPlainYaml(text) ?? spelledValue(parseSpelledDocument(text, file), file);
}

/** `parseYamlDocument` and `documentValue` in one, without the YAML package where the text is plain. */
export function parseYaml(text: string, file: string): Value {
  return readPlainYaml(text) ?? documentValue(parseYamlDocument(text, file), file);
}

/** YAML text of a value; text that some reader would take for another value is quoted. */
export function formatYaml(value: unknown): string {
  return formatPlainYaml(value) ?? formatAny(value);
}

function formatAny(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (!isScalar(node) || typeof node.value !== 'string') return;
      if (isTypedSomewhere(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}
