import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Which rows of a long list are rendered, and the height of all of them. */
export interface Windowed<E extends HTMLElement> {
  /** Of the element that holds the rows. */
  readonly ref: RefObject<E | null>;
  readonly first: number;
  /** Exclusive. */
  readonly last: number;
  readonly rowHeight: number;
  /** The first row that is not above the screen. */
  firstSeen(): number;
  /** Scrolls so that a row can be seen. */
  reveal(index: number): void;
}

/** Rows beyond the edges of the screen that are rendered, too: a quick scroll shows no gap. */
const BEYOND = 12;

/**
 * Renders of a list with rows of one height only what the screen shows; the page scrolls, not the list. The height is
 * the custom property `--row-height` of the element, in px, which may change with the width of the screen.
 */
export function useWindowed<E extends HTMLElement>(count: number): Windowed<E> {
  const ref = useRef<E>(null);
  const [view, setView] = useState({ first: 0, last: 40, rowHeight: 44 });
  useLayoutEffect(() => {
    const measure = () => {
      if (!ref.current) return;
      const rowHeight =
        Number.parseFloat(getComputedStyle(ref.current).getPropertyValue('--row-height')) || 44;
      const above = -ref.current.getBoundingClientRect().top;
      const first = Math.max(0, Math.min(count, Math.floor(above / rowHeight)) - BEYOND);
      const last = Math.min(count, Math.ceil((above + innerHeight) / rowHeight) + BEYOND);
      setView((now) =>
        now.first === first && now.last === last && now.rowHeight === rowHeight
          ? now
          : { first, last: Math.max(first, last), rowHeight },
      );
    };
    measure();
    addEventListener('scroll', measure, { passive: true });
    addEventListener('resize', measure);
    return () => {
      removeEventListener('scroll', measure);
      removeEventListener('resize', measure);
    };
  }, [count]);
  const firstSeen = () => {
    const top = ref.current?.getBoundingClientRect().top ?? 0;
    return Math.max(0, Math.ceil((HEAD_PX - top) / view.rowHeight));
  };
  const reveal = (index: number) => {
    if (!ref.current) return;
    const top = ref.current.getBoundingClientRect().top + index * view.rowHeight;
    // Below the bar and the headings, which stay.
    if (top < HEAD_PX) scrollBy(0, top - HEAD_PX);
    else if (top + view.rowHeight > innerHeight) scrollBy(0, top + view.rowHeight - innerHeight + 8);
  };
  return {
    ref,
    ...view,
    first: Math.min(view.first, count),
    last: Math.min(view.last, count),
    firstSeen,
    reveal,
  };
}
const HEAD_PX = 96;
