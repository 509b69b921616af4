import { createStore, useStore } from './store.js';

/** Where the user is: the address holds the view and its filters, so that it can be shared. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const readPlace = (): Place => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
});

const place = createStore(readPlace());

/** Follows the address. */
export function usePlace(): Place {
  return useStore(place);
}

/** Goes to an address of this page, as a click on a link does. */
export function navigate(href: string): void {
  history.pushState(null, '', href);
  place.set(readPlace());
  scrollTo(0, 0);
}

/**
 * Changes filters in the address without a new entry in the browser's history.
 * @param changes null or '' removes a key
 */
export function setQuery(changes: Readonly<Record<string, string | null>>): void {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(key);
    else query.set(key, value);
  }
  // Commas, slashes and times of filters stay readable in the address.
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%2F', '/').replaceAll('%3A', ':');
  history.replaceState(null, '', location.pathname + (text === '' ? '' : `?${text}`));
  place.set(readPlace());
}

/** Path of names as users see them, each encoded. */
export function pathOf(...names: readonly string[]): string {
  return `/${names.map(encodeURIComponent).join('/')}`;
}

/** The decoded names of a path; null if it is not valid. */
export function namesOf(path: string): readonly string[] | null {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** Follows links of this page in place, and the browser's buttons. */
export function startRouter(): void {
  addEventListener('popstate', () => place.set(readPlace()));
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.target !== '' || link.origin !== location.origin) return;
    // Answers of the server that are not part of the page.
    if (/^\/(api|metrics|sign-in|sign-out)(\/|$)/.test(link.pathname) || link.hasAttribute('download'))
      return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
