/** The OpenAPI document of the API of `kgit serve`, from the table of its paths and the schemas of its results. */
import { z } from 'zod';
import {
  ENDPOINTS,
  type Endpoint,
  OTHER_ENDPOINTS,
  type QueryParameter,
} from '../../src/serve/api/endpoints.js';
import { RESULTS } from './results.js';

type Json = Readonly<Record<string, unknown>>;

function schemaOf(name: string): Json {
  const schema = RESULTS[name];
  if (!schema) throw new Error(`there is no schema of the kind ${name}`);
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return json;
}

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function parameterOf({ name, type, about, isMany, options, least, most, preset }: QueryParameter): Json {
  const one =
    type === 'count'
      ? { type: 'integer', minimum: least, maximum: most, default: preset }
      : { type: 'string', minLength: 1, ...(options ? { enum: options } : {}) };
  return {
    name,
    in: 'query',
    description: isMany ? `${about} May be given several times: one of them.` : about,
    schema: isMany ? { type: 'array', items: one } : one,
  };
}

function operationOf(name: string, { about, kind, names = {}, query = [] }: Endpoint): Json {
  const parameters = [
    ...Object.entries(names).map(([key, description]) => ({
      ...{ name: key, in: 'path', required: true, description },
      schema: { type: 'string' },
    })),
    ...query.map(parameterOf),
  ];
  return {
    operationId: name,
    summary: about,
    ...(parameters.length > 0 ? { parameters } : {}),
    responses: {
      '200': {
        description: kind ?? 'An OpenAPI document.',
        headers: { ETag: { description: 'For If-None-Match.', schema: { type: 'string' } } },
        content: { 'application/json': { schema: kind === null ? { type: 'object' } : reference(kind) } },
      },
      '304': { description: 'The client has it already: If-None-Match names its ETag.' },
      default: {
        description: 'Why it cannot be answered, as the command line says it.',
        content: { 'application/json': { schema: reference('Error') } },
      },
    },
  };
}

const paths = {
  ...Object.fromEntries(
    Object.entries<Endpoint>(ENDPOINTS).map(([name, one]) => [one.path, { get: operationOf(name, one) }]),
  ),
  ...Object.fromEntries(
    Object.entries(OTHER_ENDPOINTS).map(([name, { path, about, type }]) => [
      path,
      {
        get: {
          operationId: name,
          summary: about,
          responses: {
            '200': { description: about, content: { [type]: { schema: { type: 'string' } } } },
            default: { description: 'Why it cannot be answered.' },
          },
        },
      },
    ]),
  ),
};

const kinds = [...new Set(Object.values<Endpoint>(ENDPOINTS).flatMap(({ kind }) => kind ?? [])), 'Error'];

/** The document, as `schemas/openapi.json` has it and `/api/v1/openapi.json` answers it. */
export const OPENAPI: Json = {
  openapi: '3.1.0',
  info: {
    title: 'kgit serve',
    version: 'v1',
    description:
      'What kgit serve knows of one state repository and its management clusters. Results have the kinds and keys of the command line; keys are only added. Secrets are masked.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  security: [{}, { token: [] }],
  paths,
  components: {
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description: 'Needed if the server was started with --token-file.',
      },
    },
    schemas: Object.fromEntries(kinds.sort().map((name) => [name, schemaOf(name)])),
  },
};
