/** Longest URL that is kept or shown. */
const MAX_LINK = 2048;

/**
 * The normalised http(s) URL of a web page, without user name and password; null for everything else.
 * Links from others may be `javascript:` or a custom scheme, and people click on what is shown.
 */
export function webLink(text: string): string | null {
  if (text.length > MAX_LINK || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  url.username = '';
  url.password = '';
  return url.href;
}
