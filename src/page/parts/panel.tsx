import type { ComponentChildren } from 'preact';

interface PanelProps {
  readonly title: string;
  /** Beside the title, such as a count. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A titled box of a view. */
export function Panel({ title, aside, children }: PanelProps) {
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>{title}</h2>
        {aside !== undefined && <span class="muted">{aside}</span>}
      </header>
      {children}
    </section>
  );
}
