import type { Range, SecretSpan } from './span.js';

// Bounded, so that a text of BEGINs takes linear time.
const BEGIN = /-----BEGIN ([A-Za-z0-9 ]{0,60})-----/g;
const LOOSE_PRIVATE =
  /(?:BEGIN[ _](?:[A-Z0-9]{1,12}[ _]){0,3}PRIVATE[ _]KEY|PuTTY-User-Key-File-\d|BEGIN OpenVPN Static key)/;
const PUBLIC_KINDS =
  /^(?:TRUSTED |NEW )?(?:CERTIFICATE(?: REQUEST)?|X509 CRL|PKCS7|CMS)$|PUBLIC KEY(?: BLOCK)?$/;
const END = '-----END ';

/** PEM blocks (RFC 7468) and OpenSSH's, PGP's and PuTTY's kin: private ones as secrets, the ranges of public ones. */
export function findPem(text: string): { secrets: SecretSpan[]; publicBlocks: Range[] } {
  const secrets: SecretSpan[] = [];
  const publicBlocks: Range[] = [];
  if (text.includes('-----BEGIN ')) {
    for (const match of text.matchAll(BEGIN)) {
      if (!PUBLIC_KINDS.test(match[1] ?? '')) continue;
      const close = text.indexOf(END, match.index);
      if (close < 0) break;
      publicBlocks.push([match.index, close]);
    }
  }
  const open = text.search(LOOSE_PRIVATE);
  if (open >= 0) {
    const close = text.lastIndexOf('-----END');
    const lineEnd = close > open ? text.indexOf('-----', close + 8) : -1;
    const end = lineEnd > open ? lineEnd + 5 : text.length;
    const start = text.slice(Math.max(0, open - 5), open) === '-----' ? open - 5 : open;
    secrets.push({ start, end, rule: 'private-key', what: 'private key (PEM, OpenSSH, PGP or PuTTY)' });
  }
  return { secrets, publicBlocks };
}
