import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { setQuery } from '../state/router.js';
import { Icon } from './icons.js';

/**
 * A field that follows the address, unless the user is in it: what is typed may be ahead of what was drawn.
 * @param text of the address
 */
function useFollowing(text: string): RefObject<HTMLInputElement | null> {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (field.current && field.current !== document.activeElement) field.current.value = text;
  }, [text]);
  return field;
}

/** The field that `/` goes to. Its text is in the address, as `q`. */
export function Search({ text, label }: { readonly text: string; readonly label: string }) {
  const field = useFollowing(text);
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label={label}
        defaultValue={text}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        data-search
        onInput={({ currentTarget }) => setQuery({ q: currentTarget.value.trim() })}
      />
      <kbd title="Press / to search">/</kbd>
    </div>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}

/** A filter that is typed, in the address under `name`. */
export function Field({ name, label, value }: FieldProps) {
  const field = useFollowing(value);
  return (
    <input
      ref={field}
      class="field"
      type="text"
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      autocomplete="off"
      spellcheck={false}
      onInput={({ currentTarget }) => setQuery({ [name]: currentTarget.value.trim() })}
    />
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  /** How an option is shown; left out: as it is. */
  readonly words?: (option: string) => string;
}

/** A filter of one word, in the address under `name`. */
export function Choice({ name, label, value, options, words = (option) => option }: ChoiceProps) {
  // What the address asks for is an option, even if nothing has it.
  const all = value === '' || options.includes(value) ? options : [value, ...options];
  return (
    <label class="choice">
      <span class="sr-only">{label}</span>
      <select value={value} onChange={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}>
        <option value="">{label}: all</option>
        {all.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FilterBarProps {
  /** Whether a narrow screen shows all of them, too; left out: it always does. */
  readonly isOpen?: boolean;
  readonly children: ComponentChildren;
}

/** A row of filters. */
export function FilterBar({ isOpen = true, children }: FilterBarProps) {
  return (
    <search class={`filter-bar${isOpen ? '' : ' is-folded'}`} aria-label="Filters">
      {children}
    </search>
  );
}
