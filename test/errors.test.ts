import { describe, expect, it } from 'vitest';
import * as errors from '../src/errors.js';
import {
  ERROR_CLASSES,
  type ErrorCode,
  EXIT_CODES,
  EXIT_MEANINGS,
  errorFromJson,
  KgitError,
} from '../src/errors.js';

const codes = Object.keys(EXIT_CODES) as ErrorCode[];

describe('the table of exit codes', () => {
  it('gives each code an exit code of its own, and a meaning', () => {
    const numbers = Object.values(EXIT_CODES);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Object.keys(EXIT_MEANINGS)).toEqual(codes);
    for (const meaning of Object.values(EXIT_MEANINGS)) expect(meaning).toMatch(/^[^\n]{3,100}[^.]$/);
  });

  it('is the contract with scripts: codes are only ever added', () => {
    expect(EXIT_CODES).toMatchObject({
      ...{ INTERNAL: 1, USAGE: 2, FINDINGS: 3, NO_REPO: 10, LOCK_HELD: 11, CONFLICT: 12, FENCED: 13 },
      ...{ INVALID_STATE: 14, NOT_FOUND: 15, REMOTE: 16, CLUSTER: 17, ENVIRONMENT: 18, SECRET: 19 },
      ...{ REFUSED: 20, INTERRUPTED: 130 },
    });
  });

  it('has a class for each code, and no class is missing from it', () => {
    expect(Object.keys(ERROR_CLASSES)).toEqual(codes);
    const exported = Object.values(errors).filter(
      (value) => typeof value === 'function' && value.prototype instanceof KgitError,
    );
    expect(new Set(Object.values(ERROR_CLASSES))).toEqual(new Set(exported));
  });
});

describe.each(codes)('the error %s', (code) => {
  const Class = ERROR_CLASSES[code];
  const suggestions = ['Do this next'];
  const data = { path: 'a/b.yaml', line: 3 };

  it('has its code, its exit code and its name', () => {
    const cause = new Error('why');
    const error = new Class('what is wrong', { cause });
    expect(error).toBeInstanceOf(KgitError);
    expect(error).toMatchObject({
      code,
      exitCode: EXIT_CODES[code],
      name: Class.name,
      message: 'what is wrong',
      cause,
    });
    expect(error.name).toMatch(/^[A-Z]\w+Error$/);
    expect([error.suggestions, error.data]).toEqual([[], {}]);
    expect(new Class('without').cause).toBeUndefined();
  });

  it('prints as JSON what scripts read, and comes back from it as its own class', () => {
    const json = new Class('what is wrong', { suggestions, data, cause: new Error('why') }).toJSON();
    expect(json).toEqual({ code, message: 'what is wrong', exitCode: EXIT_CODES[code], suggestions, data });
    const back = errorFromJson(JSON.parse(JSON.stringify(json)));
    expect(back).toBeInstanceOf(Class);
    expect(back.toJSON()).toEqual(json);
  });
});

it('takes an error of a later version, whose code is unknown here, for an internal one', () => {
  const json = { code: 'NEWER' as ErrorCode, message: 'm', exitCode: 99, suggestions: [], data: {} };
  expect(errorFromJson(json)).toMatchObject({ code: 'INTERNAL', message: 'm' });
});
