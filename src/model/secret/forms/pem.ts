import type { Range, SecretSpan } from '../span.js';

// Bounded, so that a text full of BEGINs takes linear time.
const BEGIN = /-----BEGIN ([A-Za-z0-9 ]{0,60})-----/g;
const LOOSE_PRIVATE =
  /(?:BEGIN[ _](?:[A-Z0-9]{1,12}[ _]){0,3}PRIVATE[ _]KEY|PuTTY-User-Key-File-\d|BEGIN OpenVPN Static key)/;
const PUBLIC_KINDS =
  /^(?:TRUSTED |NEW )?(?:CERTIFICATE(?: REQUEST)?|X509 CRL|PKCS7|CMS)$|PUBLIC KEY(?: BLOCK)?$|^AGE ENCRYPTED FILE$|^PGP (?:MESSAGE|SIGNATURE)$|^SSH SIGNATURE$/;
const END = '-----END ';
/** The lines of a block that was truncated before its end. */
const CUT_BODY = /[A-Za-z0-9+/=\s]*/y;
/** `-----BEGI` in hexadecimal, either contiguous or grouped as by `xxd` and in fingerprints. */
const HEX_BEGIN = /(?:2d[\s:]?){5}42[\s:]?45[\s:]?47[\s:]?49/gi;
const HEX_DASHES = ['2d2d', '2D2D', '2d 2d', '2D 2D', '2d:2d', '2D:2D', '2d\n2d'];
/** Covers the first line of a key, grouped or not. */
const HEX_HEAD = 300;
const HEX_RUN = /(?:[0-9a-f]{2}[\s:]?){1,100000}/iy;

function findHexPem(text: string): SecretSpan[] {
  const secrets: SecretSpan[] = [];
  if (!HEX_DASHES.some((dashes) => text.includes(dashes))) return secrets;
  let end = 0;
  for (const { index } of text.matchAll(HEX_BEGIN)) {
    if (index < end) continue;
    const head = text.slice(index, index + HEX_HEAD).replace(/[\s:]/g, '');
    if (!LOOSE_PRIVATE.test(Buffer.from(head, 'hex').toString('latin1'))) continue;
    HEX_RUN.lastIndex = index;
    end = index + (HEX_RUN.exec(text)?.[0] ?? '').trimEnd().length;
    secrets.push({ start: index, end, rule: 'private-key', what: 'private key, in hexadecimal' });
  }
  return secrets;
}

/**
 * Finds PEM blocks (RFC 7468) and similar ones of OpenSSH, PGP and PuTTY: private ones as secrets, public ones as
 * ranges.
 */
export function findPem(text: string): { secrets: SecretSpan[]; publicBlocks: Range[] } {
  const secrets: SecretSpan[] = [];
  const publicBlocks: Range[] = [];
  if (text.includes('-----BEGIN ')) {
    for (const match of text.matchAll(BEGIN)) {
      if (!PUBLIC_KINDS.test(match[1] ?? '')) continue;
      const close = text.indexOf(END, match.index);
      if (close < 0) {
        CUT_BODY.lastIndex = match.index + match[0].length;
        CUT_BODY.test(text);
        publicBlocks.push([match.index, CUT_BODY.lastIndex]);
        break;
      }
      publicBlocks.push([match.index, close + END.length]);
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
  secrets.push(...findHexPem(text));
  return { secrets, publicBlocks };
}
