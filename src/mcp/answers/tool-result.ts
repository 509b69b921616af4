import type { CallToolResult } from '@modelcontextprotocol/server';
import { errorDocument } from '../../cli/render/json/error-document.js';
import { KgitError } from '../../errors.js';
import { unexpectedError } from '../../model/value/unexpected-error.js';
import { type Json, NOTICE } from './document.js';
import { fitted, MAX_DOCUMENT_BYTES } from './fitted.js';
import { jsonBytes } from './shrunk.js';

/** Builds the result of a tool: the document as text, for models, and as it is, for programs. */
export function toolResult(document: Json): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(document) }], structuredContent: document };
}

/**
 * Builds the `Error` document of a failure, as commands print it with `-o json`.
 * @param onBug told of what is no failure but a bug
 */
export function failureDocument(thrown: unknown, onBug: (error: Error) => void): Json {
  const error =
    thrown instanceof KgitError
      ? thrown
      : unexpectedError(thrown, 'Please report this, with the call and this text');
  if (error.code === 'INTERNAL') onBug(thrown instanceof Error ? thrown : error);
  const told = error.toJSON();
  const document = noticed(errorDocument(told));
  const isLarge = jsonBytes(document) > MAX_DOCUMENT_BYTES / 2;
  return fitted(isLarge ? noticed(errorDocument({ ...told, data: {} })) : document);
}

/** Puts the notice behind the kind of a document. */
function noticed({ apiVersion, kind, ...content }: Json): Json {
  return { apiVersion, kind, notice: NOTICE, ...content };
}

/**
 * Builds the result of a tool that failed. It has the document as text alone: older clients hold what is structured
 * against the schema of the tool's answers, also in a failure.
 */
export function failedResult(thrown: unknown, onBug: (error: Error) => void): CallToolResult {
  return {
    content: [{ type: 'text', text: JSON.stringify(failureDocument(thrown, onBug)) }],
    isError: true,
  };
}
