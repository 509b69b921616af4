/** Where the address is resolved, to see whether it leads elsewhere. */
const HERE = 'http://kgit.invalid';

/** Returns path and query of an address of this server; `/` for any other address. */
export function localAddress(text: string): string {
  const url = URL.parse(text, HERE);
  return url?.origin === HERE && !/^\/[/\\]/.test(url.pathname) ? url.pathname + url.search : '/';
}
