import { setQuery } from '../state/router.js';
import { Icon } from './icons.js';
import { oneLine } from './text.js';
import { readTime } from './time.js';

interface MomentFieldProps {
  readonly name: string;
  readonly label: string;
  /** What the address has: a time in UTC, or what else the API takes, such as `3d`. */
  readonly text: string;
}

/** A filter by time, in the address under `name`. It is chosen by the reader's clock, and in UTC in the address. */
export function MomentField({ name, label, text }: MomentFieldProps) {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? readTime(text) : null;
  return (
    <div class="moment-field">
      <label class="muted">
        {label}{' '}
        <input
          class="field"
          type="datetime-local"
          value={time === null ? '' : localInput(time)}
          onChange={({ currentTarget: { value } }) => {
            const chosen = readTime(value);
            setQuery({ [name]: chosen === null ? null : `${new Date(chosen).toISOString().slice(0, 19)}Z` });
          }}
        />
      </label>
      {text !== '' && time === null && (
        <button
          type="button"
          class="chip"
          title={`Clear ${label}`}
          onClick={() => setQuery({ [name]: null })}
        >
          {oneLine(text)}
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

/** A time as a field for local times takes it. */
function localInput(time: number): string {
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
