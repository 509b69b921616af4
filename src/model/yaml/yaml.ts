import { Document, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { InvalidStateError } from '../../errors.js';
import { isFileValue, type Value } from '../value/value.js';
import { inexactNumber } from './exact-number.js';
import { formatPlainYaml, readPlainYaml } from './plain-yaml.js';
import { LAYOUT, WRITE_OPTIONS } from './yaml-options.js';

/** Largest YAML file that is read, in bytes of UTF-8 (a state.yaml of a large fleet has about 100 KiB). */
export const MAX_YAML_BYTES = 8 * 1024 * 1024;
const MAX_ALIASES = 100;

/** A YAML error in one line, without its position. */
export function yamlProblem(error: YAMLError): string {
  const [line = ''] = error.message.split('\n');
  // The parser is recursive.
  if (/call stack/.test(line)) return 'it is nested too deep';
  return line.replace(/ at line \d+, column \d+:?$/, '') || error.code;
}

/** The error for a YAML text, with line and column of an offset. */
export function invalidYaml(
  file: string,
  message: string,
  offset: number,
  lines: LineCounter,
): InvalidStateError {
  const { line, col } = lines.linePos(offset);
  return new InvalidStateError(`${file}:${line}:${col}: ${message}`, {
    data: { path: file, line, column: col },
    suggestions: [`Mend ${file} at line ${line}, commit it, and run the command again`],
  });
}

/**
 * Parses one untrusted YAML 1.2 document: size, aliases and depth are bounded; custom tags, duplicate keys, a second
 * document and inexact numbers are refused.
 * Throws InvalidStateError that names file, line and column.
 */
export function parseYamlDocument(text: string, file: string): Document.Parsed {
  checkSize(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: true,
    strict: true,
    uniqueKeys: true,
  });
  const error = document.errors[0] ?? document.warnings[0];
  if (error) throw invalidYaml(file, yamlProblem(error), error.pos[0], lines);
  const number = inexactNumber(document.contents);
  if (number) throw invalidYaml(file, number.problem, number.offset, lines);
  return document;
}

/** Throws InvalidStateError if a text is too large to parse. */
export function checkSize(text: string, file: string): void {
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) throw tooLarge(file);
}

/** The error for a file larger than MAX_YAML_BYTES. */
export function tooLarge(file: string): InvalidStateError {
  return new InvalidStateError(`${file}: larger than ${MAX_YAML_BYTES / 1024 / 1024} MiB`, {
    data: { path: file },
  });
}

/** The value of a document from `parseYamlDocument`; null if it is empty. */
function documentValue(document: Document, file: string): Value {
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

/** Parses a YAML text to its value, without the YAML package if the text is plain. */
export function parseYaml(text: string, file: string): Value {
  return readPlainYaml(text) ?? documentValue(parseYamlDocument(text, file), file);
}

/** Formats a value as YAML; texts that some reader would take for another type are quoted. */
export function formatYaml(value: unknown): string {
  return formatPlainYaml(value) ?? formatAny(value);
}

function formatAny(value: unknown): string {
  return new Document(value, WRITE_OPTIONS).toString(LAYOUT);
}
