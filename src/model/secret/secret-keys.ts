import { parseStatePath, type StatePath } from '../state/state-path.js';

/**
 * The keys in the name of a secret, which is readable where the team shares it: those of a state path, or of one in an event or a file
 * (`event:<id>:<path>`). Throws UsageError for another text.
 */
export function keysOfSecret(name: string): StatePath {
  const path = /^(?:event|file|order):[^:]*:(.*)$/s.exec(name)?.[1] ?? name;
  return path === '' ? [] : parseStatePath(path);
}
