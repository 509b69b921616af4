import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import { keptText } from './kept-texts.js';

const root = join(import.meta.dirname, '../..');
const requireHere = createRequire(import.meta.url);
const validators = new Map<string, ValidateFunction>();

type Json = Record<string, unknown>;

/** A schema of the project, by its path below `schemas/`. */
export function readSchema(path: string): Json {
  return JSON.parse(readFileSync(join(root, 'schemas', path), 'utf8')) as Json;
}

/** The schema read strictly: a key that it does not name is an error, wherever it does not say otherwise. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, below]) => [key, closed(below)]));
  return 'properties' in inner && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
}

let ajv: Ajv2020 | null = null;

/**
 * The code of a CommonJS module that checks values against a schema. ajv is loaded only here, since most test files find
 * the code of an earlier one.
 */
function codeFor(schema: Json): string {
  const { Ajv2020 }: typeof import('ajv/dist/2020.js') = requireHere('ajv/dist/2020.js');
  const { default: standaloneCode }: typeof import('ajv/dist/standalone/index.js') =
    requireHere('ajv/dist/standalone');
  ajv ??= new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true, code: { source: true } });
  return standaloneCode(ajv, ajv.compile(schema));
}

/** The validator of a schema. */
function validatorOf(schema: Json): ValidateFunction {
  const code = keptText('validator', JSON.stringify(schema), () => codeFor(schema));
  const module = { exports: {} };
  compileFunction(code, ['module', 'require'])(module, requireHere);
  return module.exports as ValidateFunction;
}

function problems(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  );
}

/** The places in `value` that break the schema at `path` below `schemas/`. */
export function schemaProblems(path: string, value: unknown): string[] {
  const validate = validators.get(path) ?? validatorOf(readSchema(path));
  validators.set(path, validate);
  return problems(validate, value);
}

/** Holds a row of `-o jsonl` that is no item of a list against its schema, as `checkResult` does a result. */
export function checkRow(name: string, row: unknown): void {
  checkStrictly(`rows/${name}.schema.json`, row);
}

/**
 * Holds a JSON result of kgit against the schema of its kind. Throws where there is none, where the result breaks
 * it, and where the result has a key that the schema does not name.
 */
export function checkResult(result: unknown): void {
  const kind = (result as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !/^[A-Za-z]+$/.test(kind)) throw new Error('the result has no kind');
  const path = `results/${kind}.schema.json`;
  checkStrictly(path, result);
}

function checkStrictly(path: string, value: unknown): void {
  const strictly = `${path} strictly`;
  const validate = validators.get(strictly) ?? validatorOf(closed(readSchema(path)) as Json);
  validators.set(strictly, validate);
  const found = problems(validate, value);
  if (found.length > 0) throw new Error(`${path}:\n${found.join('\n')}\n${JSON.stringify(value, null, 2)}`);
}
