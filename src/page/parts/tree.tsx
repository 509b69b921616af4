import type { ComponentChildren } from 'preact';
import { plain, shownValue } from './text.js';

interface TreeProps {
  readonly value: unknown;
  /** What stands beside a value; `path` has the names on the way to it. */
  readonly beside?: (path: readonly string[], value: unknown) => ComponentChildren;
  readonly path?: readonly string[];
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (typeof value !== 'object' || value === null) return null;
  return Object.entries(value);
}

/** A mapping as a tree that can be folded. */
export function Tree({ value, beside, path = [] }: TreeProps) {
  const entries = entriesOf(value);
  if (entries === null || entries.length === 0) return <code class="tree-value">{shownValue(value)}</code>;
  return (
    <ul class="tree">
      {entries.map(([name, inner]) => {
        const place = [...path, name];
        const below = entriesOf(inner);
        const isLeaf = below === null || below.length === 0;
        return (
          <li key={name}>
            {isLeaf ? (
              <div class="tree-leaf">
                <span class="tree-key">{plain(name)}</span>
                <code class="tree-value">{shownValue(inner)}</code>
                {beside?.(place, inner)}
              </div>
            ) : (
              <details open={path.length < 2}>
                <summary>
                  <span class="tree-key">{plain(name)}</span>
                </summary>
                <Tree value={inner} path={place} {...(beside ? { beside } : {})} />
              </details>
            )}
          </li>
        );
      })}
    </ul>
  );
}
