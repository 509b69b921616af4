import { API_VERSION } from '../../../store/read/records.js';

/**
 * Builds the whole JSON of a result.
 * @param about the fields that describe the repository; empty for a result without one
 * @param skipped what was left out because it cannot be read, as `SkippedEvents.json` has it
 */
export function resultDocument(
  kind: string,
  about: Readonly<Record<string, unknown>>,
  json: Readonly<Record<string, unknown>>,
  skipped: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { apiVersion: API_VERSION, kind, ...about, ...json, ...skipped };
}
