import { type Document, isAlias, isCollection, isNode, isScalar, parseDocument, visit } from 'yaml';
import { UsageError } from '../../errors.js';
import { parseStatePath, type StatePath } from '../../model/state/state-path.js';
import {
  isValue,
  keyFault,
  setOwn,
  textFault,
  type Value,
  type ValueMap,
  valueFault,
} from '../../model/value/value.js';
import { inexactNumber } from '../../model/yaml/exact-number.js';
import { isPlainNumber, respelledNumbers, respelledProblem } from '../../model/yaml/spelled-numbers.js';
import { yamlProblem } from '../../model/yaml/yaml.js';

const MAX_VALUE = 256 * 1024;

function badValue(text: string, why: string): UsageError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return new UsageError(`the value ${shown} ${why}`, {
    suggestions: [
      'Give a YAML scalar or flow value after :=, such as 3, "text", [a, b] or {k: v}; = takes text',
    ],
  });
}

function hasComment(document: Document): boolean {
  let found = Boolean(document.comment || document.commentBefore);
  visit(document, (_key, node) => {
    if (isNode(node) && (node.comment || node.commentBefore)) found = true;
  });
  return found;
}

/**
 * Parses the value after `:=`: a YAML 1.2 scalar or flow value; empty text is the empty string. Throws UsageError for
 * tags, anchors, aliases, NaN, infinities, numbers that would not be written back as they were typed, invalid YAML, and
 * text that YAML would read only in part.
 */
function parseValue(text: string): Value {
  if (text.length > MAX_VALUE) throw badValue(text, `is longer than ${MAX_VALUE} characters`);
  if (text === '') return '';
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw badValue(text, `is not YAML: ${yamlProblem(error)}`);
  if (isScalar(document.contents) && text.trim().includes('\n'))
    throw badValue(text, 'has several lines, which YAML would join');
  visit(document, (_key, node) => {
    if (isAlias(node)) throw badValue(text, 'has an alias');
    if ((isScalar(node) || isCollection(node)) && (node.tag || node.anchor))
      throw badValue(text, 'has a tag or an anchor');
    if (isCollection(node) && !node.flow) throw badValue(text, 'is a block, not a flow value');
  });
  const number = inexactNumber(document.contents);
  if (number) throw badValue(text, `would be changed: ${number.problem}`);
  const [respelled] = respelledNumbers(document.contents);
  if (respelled) throw badValue(text, `would be changed: ${respelledProblem(respelled)}`);
  const value: unknown = document.toJS();
  if (value === null && !/^(null|~|Null|NULL)$/.test(text.trim())) return text;
  if (/\s#/.test(text) && hasComment(document)) throw badValue(text, 'has a comment, which would be lost');
  if (!isValue(value)) throw badValue(text, 'is not a finite number, text, truth value, list or mapping');
  const fault = valueFault(value);
  if (fault) throw badValue(text, fault);
  return value;
}

/** The value after `=`, with a hint if the user may have meant something else. */
export interface AssignedText {
  readonly value: Value;
  /** The hint if the text looks like something other than the value it becomes; null otherwise. */
  readonly hint: string | null;
}

const WORDS: Readonly<Record<string, Value>> = { true: true, false: false, null: null };
/** Text that people take for a number. */
const NUMBER_LIKE = /^[-+]?(?:(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?|0[box][\da-f]+)$/i;
/** A YAML list, mapping or quoted text. */
const YAML_LIKE = /^(?:\[[\s\S]*\]|\{[\s\S]*\}|"[\s\S]*"|'[\s\S]*')$/;

/**
 * Converts the text after `=` by the rule of all commands: `true`, `false`, `null`, and decimal numbers that are
 * written back exactly as typed become those values; everything else stays text, as typed. Throws UsageError for text
 * that no file can hold.
 */
export function assignedText(text: string): AssignedText {
  if (Object.hasOwn(WORDS, text)) return { value: WORDS[text] as Value, hint: null };
  if (isPlainNumber(text)) return { value: Number(text), hint: null };
  if (text.length > MAX_VALUE) throw badValue(text, `is longer than ${MAX_VALUE} characters`);
  const fault = textFault(text);
  if (fault) throw badValue(text, fault);
  if (NUMBER_LIKE.test(text)) return { value: text, hint: 'as a number it would be changed' };
  return { value: text, hint: YAML_LIKE.test(text) ? 'to set it as YAML, write := instead of =' : null };
}

/** A key and a value from the command line. */
interface Assignment {
  readonly key: string;
  readonly value: Value;
  /** Note about the value; null for none. */
  readonly hint: string | null;
}

/** Parses the value after `=` (text) or `:=` (YAML); for the latter, `left` ends with the colon. Throws UsageError. */
function assigned(left: string, right: string, asString: boolean): Assignment {
  if (left.endsWith(':')) {
    const key = left.slice(0, -1);
    if (asString) {
      throw new UsageError(`${key}:= is YAML, and --string takes text`, {
        suggestions: [`Write ${key}= with --string, or leave --string out`],
      });
    }
    return { key, value: parseValue(right), hint: null };
  }
  return asString ? { key: left, value: right, hint: null } : { key: left, ...assignedText(right) };
}

/** Formats the note about a value that may have been meant otherwise. */
export function assignmentNote(place: string, hint: string): string {
  return `${place} is kept as text, as you typed it: ${hint}`;
}

/** A state path and its new value. */
export interface PathAssignment {
  readonly path: StatePath;
  readonly value: Value;
  readonly hint: string | null;
}

/** Parses `PATH=VALUE` or `PATH:=YAML`, split at the first `=` outside quotes. Throws UsageError. */
export function parseAssignment(text: string, asString: boolean): PathAssignment {
  const match = /^((?:"(?:[^"\\]|\\.)*"|[^"=])*)=([\s\S]*)$/.exec(text);
  if (!match) {
    throw new UsageError(`${JSON.stringify(text.slice(0, 80))} is not PATH=VALUE`, {
      suggestions: ['For example deployment.phase=create_vms'],
    });
  }
  const [, left = '', right = ''] = match;
  const operator = /[-+*/%]$/.exec(left)?.[0];
  if (operator !== undefined) throw noOperator(left.slice(0, -1), operator, right);
  const { key, value, hint } = assigned(left, right, asString);
  return { path: parseStatePath(key), value, hint };
}

/** Returns the error for `PATH+=VALUE` and the like, with advice that overwrites nobody's change. */
function noOperator(path: string, operator: string, right: string): UsageError {
  const shown = path.length > 80 ? `${path.slice(0, 80)}…` : path;
  return new UsageError(`there is no ${operator}=: a value is set as a whole`, {
    suggestions: [
      `Read it with 'kgit get ${shown}', then write the new value on the condition that it is still the old one: kgit set ${shown}=NEW --if ${shown}=OLD`,
      `A key that ends in ${operator} is quoted: '"${shown}${operator}"=${right.slice(0, 40)}'`,
    ],
  });
}

/** Parses `--param K=V` and `--param K:=YAML` into a mapping. Throws UsageError. */
export function parseParameters(
  texts: readonly string[],
  note: (message: string) => void = () => {},
): ValueMap | undefined {
  if (texts.length === 0) return undefined;
  const parameters: Record<string, Value> = {};
  for (const text of texts) {
    const cut = text.indexOf('=');
    if (cut < 1 || text.slice(0, cut) === ':') {
      throw new UsageError(`--param ${JSON.stringify(text.slice(0, 80))} is not K=V or K:=YAML`, {
        suggestions: ["For example --param location=eastus --param 'zones:=[1, 2]'"],
      });
    }
    const { key, value, hint } = assigned(text.slice(0, cut), text.slice(cut + 1), false);
    const fault = keyFault(key);
    if (fault) throw new UsageError(`--param ${fault}`);
    if (Object.hasOwn(parameters, key)) throw new UsageError(`--param ${key} is given twice`);
    if (hint !== null) note(assignmentNote(`parameter ${key}`, hint));
    setOwn(parameters, key, value);
  }
  return parameters;
}
