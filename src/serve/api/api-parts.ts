import { repositoryJson } from '../../cli/render/json/repository-json.js';
import { resultDocument } from '../../cli/render/json/result-document.js';
import { skippedJson } from '../../cli/render/json/skipped-json.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import type { ServeParts } from '../parts.js';
import type { EventIndex } from './events/event-index.js';
import type { Query } from './query.js';

/** A request to the API. */
export interface ApiRequest {
  /** The names in its path. */
  readonly names: Readonly<Record<string, string>>;
  readonly query: Query;
}

/** What the answers of the API are made of. */
export interface ApiParts extends ServeParts {
  readonly index: EventIndex;
}

export type Document = Readonly<Record<string, unknown>>;

/** Makes the document that answers a request. Throws KgitError. */
export type Answering = (parts: ApiParts, request: ApiRequest) => Promise<Document>;

/**
 * Builds a document with what describes the repository, as it was when it was last read.
 * @param skipped what could not be read; the document names the first of it
 */
export function documentOf(
  { monitor }: Pick<ServeParts, 'monitor'>,
  kind: string,
  json: Document,
  skipped = new SkippedEvents(),
): Document {
  const { reading } = monitor.context;
  const fetchedAt = monitor.health.repository.fetchedAt ?? reading.fetchedAt;
  const about = { repository: repositoryJson(reading.revision, fetchedAt, reading.pending.length) };
  return resultDocument(kind, about, json, skippedJson(skipped));
}
