import type { Range } from '../span.js';

/**
 * Data that is public by design, or encrypted: digests, OpenSSH and minisign public keys, SOPS and SealedSecret
 * ciphertext, embedded images. Their random digits are no secret.
 */
const PUBLIC_DATA = [
  /sha(?:1|256|384|512)[-:][A-Za-z0-9+/]{27,88}={0,2}/gi,
  // After a name that means a hash, and in go.sum.
  /(?:hash|checksum|digest|integrity|etag)["']?(?:[ \t]{0,3}[:=]|[ \t])[ \t]{0,3}["']?[A-Za-z0-9+/]{27,86}={1,2}/gi,
  /(?<![A-Za-z0-9])h1:[A-Za-z0-9+/]{43}=/g,
  /(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}|sk-[a-z0-9@.-]{1,60}) AAAA[A-Za-z0-9+/]+={0,2}/g,
  /(?<![A-Za-z0-9+/])RW[QRST][A-Za-z0-9+/]{53}(?![A-Za-z0-9+/])/g,
  /ENC\[AES256_GCM,[^[\]]{0,8192}\]/g,
  /(?<![A-Za-z0-9+/])Ag[A-D][A-Za-z0-9+/]{160,}={0,2}/g,
  /data:(?:image|font|audio|video)\/[\w.+-]{1,60}(?:;[\w=-]{1,40}){0,3};base64,[A-Za-z0-9+/]+={0,2}/gi,
];
const PUBLIC_HINT = /sha\d|h1:|hash|checksum|digest|integrity|etag|AAAA|RW[QRST]|ENC\[|Ag[A-D]|data:/i;

/** The ranges of public data in `text`. */
export function publicRanges(text: string): Range[] {
  if (!PUBLIC_HINT.test(text)) return [];
  return PUBLIC_DATA.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match): Range => [match.index, match.index + match[0].length]),
  );
}

/** A web address: its host, its path, and its query. */
const LINK =
  /https?:\/\/([\w.-]{1,253})(?::\d{1,5})?(\/[^\s"'`<>?#|\\]{0,2048})(?:\?([^\s"'`<>#|\\]{1,2048}))?/gi;
/** Words in an address that grants access to whoever knows it. */
const ADMITS =
  /hook|bot|token|secret|key|pass|auth|invite|integration|ingest|callback|trigger|onetime|privatebin|credential|login|session/i;
/** Sites of videos, documents and boards that have ids in their queries, and the parameters with those ids. */
const DOCUMENT_SITE =
  /(?:^|\.)(?:youtube|youtube-nocookie|google|sharepoint|figma|miro|loom|vimeo|notion|atlassian|dropbox)\.\w{2,10}$/i;
const DOCUMENT_ID = /(?:^|&)(?:v|list|id|e|si|gid|node-id)=([\w-]{6,64})(?=&|$)/g;

/** The ranges of public addresses in which random letters and digits are the id of a page, video or object. */
export function linkRanges(text: string): Range[] {
  if (!text.includes('://')) return [];
  const ranges: Range[] = [];
  for (const match of text.matchAll(LINK)) {
    const [whole, host = '', path = '', query = ''] = match;
    const beforeQuery = whole.length - (query === '' ? 0 : query.length + 1);
    if (!ADMITS.test(host + path)) ranges.push([match.index, match.index + beforeQuery]);
    if (!DOCUMENT_SITE.test(host)) continue;
    const queryStart = match.index + beforeQuery + 1;
    for (const id of query.matchAll(DOCUMENT_ID))
      ranges.push([queryStart + id.index, queryStart + id.index + id[0].length]);
  }
  return ranges;
}
