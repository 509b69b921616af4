import { UsageError } from '../../errors.js';
import type { Endpoint, QueryParameter } from './endpoints.js';

/** Maximum length of a value, in characters. */
const MAX_TEXT = 1_000;
/** Maximum number of values of one parameter. */
const MAX_VALUES = 50;

/** The query of a request, parsed by the parameters of its endpoint. */
export class Query {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #parameters: readonly QueryParameter[];

  /** Throws UsageError for a parameter that the endpoint does not have, and for a value that it does not take. */
  constructor({ query = [] }: Endpoint, given: URLSearchParams) {
    this.#parameters = query;
    const values = new Map<string, string[]>();
    for (const [name, value] of given) {
      const parameter = query.find((one) => one.name === name);
      if (parameter === undefined) throw unknown(name, query);
      checkValue(parameter, value);
      const known = values.get(name) ?? [];
      known.push(value);
      if (known.length > (parameter.isMany ? MAX_VALUES : 1))
        throw bad(name, parameter.isMany ? `it has at most ${MAX_VALUES} values` : 'it is given once');
      values.set(name, known);
    }
    this.#values = values;
  }

  /** The values of a parameter; undefined if it is not given. */
  texts(name: string): readonly string[] | undefined {
    return this.#values.get(name);
  }

  /** The only value of a parameter; undefined if it is not given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** The value of a count that has a preset. */
  count(name: string): number {
    const preset = this.#parameters.find((one) => one.name === name)?.preset;
    return Number(this.text(name) ?? preset);
  }
}

function checkValue({ name, type, options, least = 0, most = 0 }: QueryParameter, value: string): void {
  if (value === '') throw bad(name, 'it is empty');
  if (value.length > MAX_TEXT) throw bad(name, `it has at most ${MAX_TEXT} characters`);
  if (options && !options.includes(value)) throw bad(name, `it is one of ${options.join(', ')}`);
  if (type !== 'count') return;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) throw bad(name, `it is a number from ${least} to ${most}`);
}

function bad(name: string, rule: string): UsageError {
  return new UsageError(`the parameter ${name} cannot have this value: ${rule}`, {
    data: { parameter: name },
  });
}

function unknown(name: string, query: readonly QueryParameter[]): UsageError {
  const shown = JSON.stringify(name.slice(0, 80));
  const known = query.map((one) => one.name).join(', ');
  return new UsageError(`there is no parameter ${shown}`, {
    suggestions: [known === '' ? 'This path has no parameters' : `There are ${known}`],
    data: { parameter: name.slice(0, 80) },
  });
}
