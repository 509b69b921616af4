/** Longest address that is kept or shown. */
const MAX_LINK = 2048;

/**
 * The address of a web page, in its normal form and without a user name or password; null for everything else.
 * What others give as a link may be `javascript:` or a program's own scheme, and people click on what they are shown.
 */
export function webLink(text: string): string | null {
  if (text.length > MAX_LINK || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  url.username = '';
  url.password = '';
  return url.href;
}
