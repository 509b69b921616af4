/** Where the address is resolved, to see whether it leads elsewhere. */
const HERE = 'http://kgit.invalid';

/** Returns path and query of an address of this server; `/` for any other address. */
export function localAddress(text: string): string {
  // Node 20 has no URL.parse.
  if (!URL.canParse(text, HERE)) return '/';
  const { origin, pathname, search } = new URL(text, HERE);
  return origin === HERE && !/^\/[/\\]/.test(pathname) ? pathname + search : '/';
}
