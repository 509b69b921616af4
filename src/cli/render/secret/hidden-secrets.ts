import { isSecretMark } from '../../../model/team-secret/secret-mark.js';
import { counted } from '../../../model/value/counted.js';
import { isMap, type Value } from '../../../model/value/value.js';

/** What a user is told of secrets that were not decrypted. */
export function hiddenNote(count: number): string {
  return `${counted(count, 'secret')} not shown: --reveal decrypts with your key`;
}

/** The value as people see it, with `<secret>` in the place of each secret. */
export function withSecretWords(value: Value): Value {
  if (isSecretMark(value)) return '<secret>';
  if (Array.isArray(value)) return value.map(withSecretWords);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withSecretWords(item as Value)]),
  );
}
