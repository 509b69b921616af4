import { type Document, isAlias, isCollection, isNode, isScalar, parseDocument, visit } from 'yaml';
import { UsageError } from '../errors.js';
import { inexactNumber, isExactNumber } from '../model/exact-number.js';
import { parseStatePath, type StatePath } from '../model/state-path.js';
import { isValue, keyFault, setOwn, type Value, type ValueMap, valueFault } from '../model/value.js';
import { yamlProblem } from '../model/yaml.js';

const MAX_VALUE = 256 * 1024;

function badValue(text: string, why: string): UsageError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return new UsageError(`the value ${shown} ${why}`, {
    suggestions: [
      'Give a YAML scalar or flow value such as 3, true, text, [a, b] or {k: v}; --string takes it as it is',
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
 * A value from the command line: a YAML 1.2 scalar or flow value; nothing at all is the empty string.
 * Throws UsageError for tags, anchors, aliases, NaN, infinities, numbers with more digits than are kept, what is not
 * YAML, and text that YAML would take only a part of.
 */
export function parseValue(text: string): Value {
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
  const value: unknown = document.toJS();
  if (value === null && !/^(null|~|Null|NULL)$/.test(text.trim())) return text;
  if (/\s#/.test(text) && hasComment(document)) throw badValue(text, 'has a comment, which would be lost');
  if (!isValue(value)) throw badValue(text, 'is not a finite number, text, truth value, list or mapping');
  const fault = valueFault(value);
  if (fault) throw badValue(text, fault);
  return value;
}

/** A plain decimal number, as people write identifiers and amounts. */
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/** Whether a text looks like a number, but is none that would be kept as it is written. */
export function isInexactText(text: string): boolean {
  return NUMBER.test(text) && !isExactNumber(text);
}

/** What stands behind `=`: `parseValue`, but a number that would not be kept as it is written is text. Throws UsageError. */
export function parseAssigned(text: string): Value {
  return isInexactText(text) ? text : parseValue(text);
}

/** `PATH=VALUE` cut at the first `=` outside quotes. Throws UsageError. */
export function parseAssignment(text: string, asString: boolean): { path: StatePath; value: Value } {
  const match = /^((?:"(?:[^"\\]|\\.)*"|[^"=])*)=([\s\S]*)$/.exec(text);
  if (!match) {
    throw new UsageError(`${JSON.stringify(text.slice(0, 80))} is not PATH=VALUE`, {
      suggestions: ['For example deployment.phase=create_vms'],
    });
  }
  const [, path = '', value = ''] = match;
  return { path: parseStatePath(path), value: asString ? value : parseAssigned(value) };
}

/** `--param K=V` (text) and `--param K:=YAML` as a mapping. Throws UsageError. */
export function parseParameters(texts: readonly string[]): ValueMap | undefined {
  if (texts.length === 0) return undefined;
  const parameters: Record<string, Value> = {};
  for (const text of texts) {
    const cut = text.indexOf('=');
    const isYaml = text[cut - 1] === ':';
    const key = text.slice(0, isYaml ? cut - 1 : cut);
    if (cut < 1 || key === '') {
      throw new UsageError(`--param ${JSON.stringify(text.slice(0, 80))} is not K=V or K:=YAML`, {
        suggestions: ["For example --param location=eastus --param 'zones:=[1, 2]'"],
      });
    }
    const fault = keyFault(key);
    if (fault) throw new UsageError(`--param ${fault}`);
    if (Object.hasOwn(parameters, key)) throw new UsageError(`--param ${key} is given twice`);
    const value = text.slice(cut + 1);
    setOwn(parameters, key, isYaml ? parseValue(value) : value);
  }
  return parameters;
}
