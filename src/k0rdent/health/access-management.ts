import { readArray, readObject } from '../kubectl/read.js';
import { shownText } from '../kubectl/shown-text.js';

/** An object that AccessManagement could not distribute to namespaces. */
export interface AccessProblem {
  /** Name of the AccessManagement object. */
  readonly name: string;
  /** The kind that it could not distribute; null if not reported. */
  readonly kind: string | null;
  readonly message: string;
}

/**
 * Reads the errors of an AccessManagement. kcm 1.12 reports them by kind in `status.resources`, and all of them joined
 * in `status.error`; earlier versions have only `status.error`.
 */
export function readAccessProblems(item: unknown): readonly AccessProblem[] {
  const object = readObject(item);
  const status = readObject(object['status']);
  const name = shownText(readObject(object['metadata'])['name']) ?? '';
  const byKind = readArray(status['resources'])
    .map(readObject)
    .flatMap((resource) => {
      const message = shownText(resource['error']);
      return message === null ? [] : [{ name, kind: shownText(resource['kind']), message }];
    });
  if (byKind.length > 0) return byKind;
  const message = shownText(status['error']);
  return message === null ? [] : [{ name, kind: null, message }];
}
