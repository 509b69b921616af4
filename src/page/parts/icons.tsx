import type { ComponentChildren } from 'preact';

/** Icons of 16 by 16, in the colour of the text. They say nothing that a text beside them does not say. */
const ICONS = {
  check: <path d="m4.5 8.3 2.4 2.4 4.6-5" />,
  cross: <path d="m5.2 5.2 5.6 5.6m0-5.6-5.6 5.6" />,
  warning: (
    <>
      <path d="M8 2.2 14.4 13.4H1.6z" />
      <path d="M8 6.4v3m0 1.9v.1" />
    </>
  ),
  progress: <path d="M8 2.5A5.5 5.5 0 1 1 2.6 7" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="M8 5v3.2l2 1.4" />
    </>
  ),
  pause: <path d="M6 4.5v7m4-7v7" />,
  skip: <path d="m5 4.5 3.6 3.5L5 11.5m5.6-7v7" />,
  remove: <path d="M3 4.6h10M6.3 4.6V3h3.4v1.6m-5.3 0 .6 8.4h6l.6-8.4" />,
  dot: <circle cx="8" cy="8" r="2" fill="currentColor" />,
  question: <path d="M5.8 6.2a2.2 2.2 0 1 1 3.3 1.9c-.8.5-1.1.8-1.1 1.6m0 2v.1" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="m10.2 10.2 3.3 3.3" />
    </>
  ),
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.4v1.4m0 10.4v1.4M1.4 8h1.4m10.4 0h1.4M3.3 3.3l1 1m7.4 7.4 1 1m0-9.4-1 1m-7.4 7.4-1 1" />
    </>
  ),
  moon: <path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z" />,
  split: <path d="M8 14V9.2L4 4.6m4 4.6 4-4.6M4 8V4.4h3.4M12 8V4.4H8.6" />,
  fleet: <path d="M2.5 3h11v4h-11zm0 6h11v4h-11zM5 5h.1M5 11h.1" />,
  layers: <path d="m8 2.2 6 3.2-6 3.2-6-3.2zM2 8.6l6 3.2 6-3.2" />,
  timeline: <path d="M2 8h2.6l1.7-4.6 3.2 9 1.7-4.4H14" />,
  lock: <path d="M3.8 7.2h8.4v6H3.8zm2-.1V5a2.2 2.2 0 0 1 4.4 0v2.1" />,
  close: <path d="m4.5 4.5 7 7m0-7-7 7" />,
  open: <path d="m6.2 3.8 4.2 4.2-4.2 4.2" />,
} satisfies Readonly<Record<string, ComponentChildren>>;

export type IconName = keyof typeof ICONS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      {ICONS[name]}
    </svg>
  );
}
