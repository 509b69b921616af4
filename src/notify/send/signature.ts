import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** A secret is used as it is; one that begins with `whsec_` is base64 behind that. */
function keyOf(secret: string): Buffer {
  return secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), 'base64')
    : Buffer.from(secret, 'utf8');
}

/**
 * Headers that prove who sent a body and when, by https://www.standardwebhooks.com: HMAC-SHA256 over
 * `ID.SECONDS.BODY`. A receiver refuses an old time, and so a request that was recorded.
 * @param now ms since the epoch
 */
export function signatureHeaders(
  id: string,
  body: string,
  secret: string,
  now: number,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}
