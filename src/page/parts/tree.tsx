import type { ComponentChildren } from 'preact';
import { plain } from './text.js';
import { isSecret, Value } from './value.js';

interface TreeProps {
  readonly value: unknown;
  /** What stands beside a value; `path` has the names on the way to it. */
  readonly beside?: (path: readonly string[], value: unknown) => ComponentChildren;
  readonly path?: readonly string[];
  /** How many levels are unfolded. */
  readonly open?: number;
}

/** What is inside of a mapping or list; null for everything else, and for secrets. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (typeof value !== 'object' || value === null || isSecret(value)) return null;
  const entries = Object.entries(value);
  return entries.length === 0 ? null : entries;
}

/** A mapping as a tree that can be folded. */
export function Tree({ value, beside, path = [], open = 2 }: TreeProps) {
  const entries = entriesOf(value);
  if (entries === null) return <Value value={value} />;
  return (
    <ul class="tree">
      {entries.map(([name, inner]) => {
        const place = [...path, name];
        return (
          <li key={name}>
            {entriesOf(inner) === null ? (
              <div class="tree-leaf">
                <span class="tree-key">{plain(name)}</span>
                <Value value={inner} />
                {beside?.(place, inner)}
              </div>
            ) : (
              <details open={path.length < open}>
                <summary>
                  <span class="tree-key">{plain(name)}</span>
                </summary>
                <Tree value={inner} path={place} open={open} {...(beside ? { beside } : {})} />
              </details>
            )}
          </li>
        );
      })}
    </ul>
  );
}
