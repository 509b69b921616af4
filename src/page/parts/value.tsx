import { Icon } from './icons.js';
import { shownValue } from './text.js';

/** Whether a value is secret: the server shows `***` in its place, or says only that there is one. */
export function isSecret(value: unknown): boolean {
  if (value === '***') return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    'secret' in value &&
    value.secret === true &&
    Object.keys(value).length === 1
  );
}

/** A value of a state as text; what is secret as a lock. */
export function Value({ value }: { readonly value: unknown }) {
  return isSecret(value) ? (
    <span class="secret">
      <Icon name="lock" />
      secret
    </span>
  ) : (
    <code class="tree-value">{shownValue(value)}</code>
  );
}
