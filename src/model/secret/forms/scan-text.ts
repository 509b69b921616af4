import { foldText } from '../fold-text.js';
import { isInside, joinSpans, mergeRanges, type Range, type SecretSpan } from '../span.js';
import { findAssignments } from './assignment.js';
import { findLogins } from './login.js';
import { findPem } from './pem.js';
import { findProse } from './prose.js';
import { linkRanges, publicRanges } from './public-data.js';
import { findRandomTokens } from './random-token.js';
import { findManifestData } from './secret-manifest.js';
import { findTokens } from './token-formats.js';
import { findUrlCredentials } from './url-credentials.js';
import { findWireguardKeys } from './wireguard-key.js';

/** Most names, words, numbers and times: shorter than any token, with no room for a name and a value. */
const HARMLESS = /^(?:[a-z0-9_.-]{0,22}|[A-Za-z0-9_.-]{0,9}|[0-9TZ:.+-]{0,35}|[0-9A-HJKMNP-TV-Z]{26})$/;
/** How many layers of base64 are decoded, such as a kubeconfig in the manifest of a Secret. */
const MAX_UNWRAP = 3;

const PERCENT = /%[2-7][0-9A-Fa-f]/;
const ENCODED_TOKEN = /[A-Za-z0-9+/=_.~%-]{12,262144}/g;
/** DER of a public key (SubjectPublicKeyInfo: EC P-256, Ed25519, RSA 2048 and 4096) in base64. */
const PUBLIC_DER = /^M(?:FkwEwYHKoZIzj0C|CowBQYDK2V|IIB?Ij|IICIj)[A-Za-z0-9+/]{30,}={0,2}$/;

/** The text that a base64 token encodes; undefined if the result is too short or not printable. */
function unwrap(token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64');
  if (bytes.length < 6) return undefined;
  const text = bytes.toString('latin1');
  return /^[\t\n\r\x20-\x7e]*$/.test(text) ? text : undefined;
}

/** Finds tokens written with %XX, as in the query of a URL, by their decoded form. */
function scanPercentEncoded(text: string, depth: number): SecretSpan[] {
  if (depth >= MAX_UNWRAP || !PERCENT.test(text)) return [];
  const spans: SecretSpan[] = [];
  for (const match of text.matchAll(ENCODED_TOKEN)) {
    if (!PERCENT.test(match[0])) continue;
    const decoded = match[0].replace(/%([2-7][0-9A-Fa-f])/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const found = scanText(decoded, false, MAX_UNWRAP)[0];
    if (found) spans.push({ ...found, start: match.index, end: match.index + match[0].length });
  }
  return spans;
}

function scanRandom(text: string, harmless: readonly Range[], depth: number): SecretSpan[] {
  const spans: SecretSpan[] = [];
  const tokens = findRandomTokens(text, harmless);
  const links = tokens.length > 0 ? mergeRanges(linkRanges(text)) : [];
  for (const [start, end] of tokens) {
    if (isInside(links, start, end)) continue;
    const inner = depth < MAX_UNWRAP ? unwrap(text.slice(start, end)) : undefined;
    const found = inner === undefined ? undefined : scanText(inner, false, depth + 1)[0];
    if (inner !== undefined && !found) continue;
    spans.push({
      start,
      end,
      rule: found?.rule ?? 'random-token',
      what: found ? `${found.what}, in base64` : 'random token or password',
    });
  }
  return spans;
}

/** Texts in which nothing was found. An import scans each twice: when it withholds secrets and when it writes. */
const clean = new Set<string>();
const MAX_CLEAN = 50_000;
const MAX_CLEAN_LENGTH = 256;

function noteClean(text: string): void {
  if (text.length > MAX_CLEAN_LENGTH) return;
  if (clean.size >= MAX_CLEAN) clean.clear();
  clean.add(text);
}

/**
 * The secret parts of a text, in order; where several overlap, under the most specific rule. Linear in the length of
 * the text. `isPublicPlace`: the text is the value of a path that holds public keys.
 */
export function scanText(text: string, isPublicPlace = false, depth = 0): SecretSpan[] {
  if (HARMLESS.test(text)) return [];
  const isAlone = depth === 0 && !isPublicPlace;
  if (isAlone && clean.has(text)) return [];
  const folded = foldText(text);
  const found = scanFolded(folded.text, isPublicPlace, depth);
  if (isAlone && found.length === 0) noteClean(text);
  if (folded.text === text) return found;
  return found.map((span) => ({ ...span, start: folded.at(span.start), end: folded.at(span.end) }));
}

function scanFolded(text: string, isPublicPlace: boolean, depth: number): SecretSpan[] {
  const pem = findPem(text);
  const keys = findWireguardKeys(text, isPublicPlace);
  const harmless = mergeRanges([...pem.publicBlocks, ...keys.publicKeys, ...publicRanges(text)]);
  const isDer = isPublicPlace && PUBLIC_DER.test(text.trim());
  const found = [
    ...pem.secrets,
    ...findTokens(text),
    ...keys.secrets,
    ...findManifestData(text),
    ...findUrlCredentials(text),
    ...findLogins(text),
    ...findAssignments(text),
    ...findProse(text),
    ...scanPercentEncoded(text, depth),
    ...(isDer ? [] : scanRandom(text, harmless, depth)),
  ];
  return joinSpans(found.filter((span) => !isInside(harmless, span.start, span.end)));
}
