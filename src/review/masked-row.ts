import type { Change } from '../model/event/event.js';
import { maskSecrets } from '../model/secret/mask-secrets.js';
import { masked } from '../model/secret/masked.js';
import { parseStatePath } from '../model/state/state-path.js';
import type { Value } from '../model/value/value.js';
import type { ChangeRow } from './state-history.js';

/** Returns the change with values that look secret as `***`. */
export function maskedValues<Row extends Change>(row: Row): Row {
  const keys = parseStatePath(row.path);
  const { before, after } = row;
  return {
    ...row,
    ...(before === undefined ? {} : { before: masked(before, keys) as Value }),
    ...(after === undefined ? {} : { after: masked(after, keys) as Value }),
  };
}

/** Returns the change with everything that looks secret as `***`. */
export function maskedRow<Row extends ChangeRow>(row: Row): Row {
  const { reason, message } = row;
  const text = (said: string | null) => (said === null ? null : maskSecrets(said));
  return { ...maskedValues(row), reason: text(reason), message: text(message) };
}
