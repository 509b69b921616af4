import { isMap, type Value } from '../value/value.js';

/** Stands for a secret of the team in results. */
export const SECRET_MARK: Value = { secret: true };

/** Whether a value stands for a secret. */
export function isSecretMark(value: unknown): boolean {
  return isMap(value) && value['secret'] === true && Object.keys(value).length === 1;
}
