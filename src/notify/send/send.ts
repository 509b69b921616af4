/** Sends one delivery to its target, once. */
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import type { Channel, Target } from '../config/notify-config.js';
import { cardOf } from '../format/card.js';
import { CLOUD_EVENT_TYPE, cloudEvent } from '../format/cloud-event.js';
import { discordBody } from '../format/discord.js';
import { slackBody } from '../format/slack.js';
import { teamsBody } from '../format/teams.js';
import type { Delivery } from '../message/notice.js';
import { runExec } from './exec-command.js';
import { httpPost, type PostEnd } from './http-post.js';
import { retryAfterMs } from './retry-after.js';
import { type SecretSource, secretValue } from './secret-value.js';
import { signatureHeaders } from './signature.js';

/** How a try ended. Reasons are one line, without addresses and secrets. */
export type SendEnd =
  | { readonly kind: 'delivered'; readonly answer: string }
  /** @param afterMs the wait that the receiver asked for; null if it asked for none */
  | { readonly kind: 'failed'; readonly reason: string; readonly afterMs: number | null }
  /** Trying again would not help. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What sending takes from the server. */
export interface SendMeans extends SecretSource {
  /** ms since the epoch */
  readonly now: () => number;
  readonly pageUrl: string | null;
  readonly signal: AbortSignal;
  /** Variables that a command does not see: those that hold secrets. */
  readonly withheld: ReadonlySet<string>;
}

const MAX_ANSWER_SHOWN = 200;
/** Answers of the range 4xx that say "later" (RFC 9110, 6585, 8470). */
const LATER = [408, 425, 429];

type HttpChannel = Exclude<Channel, { readonly type: 'exec' }>;

const failed = (reason: string, afterMs: number | null = null): SendEnd => ({
  kind: 'failed',
  reason,
  afterMs,
});

/** The answer of a receiver as one short line, in which no secret is repeated. */
function shownAnswer(answer: string, secrets: readonly string[]): string {
  const line = secrets
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '***'), answer)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return maskSecrets(line.slice(0, MAX_ANSWER_SHOWN));
}

/** User and password of an address, as they are sent; null if they cannot be decoded. */
function credentialsOf({ username, password }: URL): string[] | null {
  try {
    return [username, password].map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** The parts of an address that are secret: its password, its path and query, and each part of the path. */
function secretParts(url: URL): string[] {
  const parts = [...url.pathname.split('/'), ...url.searchParams.values()];
  const [user = '', password = ''] = credentialsOf(url) ?? [];
  const header = Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
  const long = [url.href, url.pathname + url.search, header, user, ...parts].filter(
    (part) => part.length > 5,
  );
  return [...long, password, url.password];
}

/** Whether an address is this machine: nobody else hears what is sent there without TLS. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** The address of a receiver, or what is wrong with it. */
function addressOf(text: string, { type }: HttpChannel): URL | string {
  if (!URL.canParse(text)) return 'its address is not a URL';
  const url = new URL(text);
  if (credentialsOf(url) === null) return 'its user or password has a % that encodes nothing';
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') return 'its address is neither https nor http';
  if (type === 'webhook' || isLoopback(url)) return url;
  return 'its address is http, and would be sent for all to read: use https';
}

function bodyOf(channel: HttpChannel, delivery: Delivery, pageUrl: string | null): string {
  switch (channel.type) {
    case 'slack':
      return slackBody(cardOf(delivery, pageUrl));
    case 'teams':
      return teamsBody(cardOf(delivery, pageUrl));
    case 'discord':
      return discordBody(cardOf(delivery, pageUrl));
    case 'webhook':
      return cloudEvent(delivery, pageUrl);
  }
}

/** Judges an answer: 2xx is success, 3xx and what says "later" are tried again, the rest of 4xx is final. */
function judge(ended: PostEnd, secrets: readonly string[], now: number): SendEnd {
  if ('problem' in ended) return failed(ended.problem);
  const { status, answer, retryAfter } = ended;
  const text = shownAnswer(answer, secrets);
  const said = text === '' ? `it answered ${status}` : `it answered ${status}: ${text}`;
  if (status >= 200 && status < 300) return { kind: 'delivered', answer: said };
  if (status >= 300 && status < 400)
    return failed(`it answered ${status}, a redirect, which is not followed: set the new address`);
  const isFinal = status >= 400 && status < 500 && !LATER.includes(status);
  return isFinal ? { kind: 'refused', reason: said } : failed(said, retryAfterMs(retryAfter, now));
}

async function post(
  channel: HttpChannel,
  { timeoutMs }: Target,
  delivery: Delivery,
  means: SendMeans,
): Promise<SendEnd> {
  const { now, pageUrl, signal } = means;
  const address = await secretValue(channel.url, means);
  if ('problem' in address) return failed(address.problem);
  const url = addressOf(address.value, channel);
  if (typeof url === 'string') return failed(url);
  const secrets = secretParts(url);
  const body = bodyOf(channel, delivery, pageUrl);
  let headers: Readonly<Record<string, string>> = { 'content-type': 'application/json; charset=utf-8' };
  if (channel.type === 'webhook') {
    headers = { 'content-type': CLOUD_EVENT_TYPE };
    if (channel.secret !== null) {
      const secret = await secretValue(channel.secret, means);
      if ('problem' in secret) return failed(secret.problem);
      secrets.push(secret.value);
      headers = { ...headers, ...signatureHeaders(delivery.id, body, secret.value, now()) };
    }
  }
  return judge(await httpPost({ url, headers, body, timeoutMs, signal }), secrets, now());
}

/** Sends a delivery to its target, once. Every ending is a value. */
export async function send(target: Target, delivery: Delivery, means: SendMeans): Promise<SendEnd> {
  const { channel, timeoutMs } = target;
  if (channel.type !== 'exec') return post(channel, target, delivery, means);
  const input = cloudEvent(delivery, means.pageUrl);
  const { problem, output } = await runExec(channel.command, input, { ...means, timeoutMs });
  const text = shownAnswer(output, []);
  if (problem === null)
    return { kind: 'delivered', answer: text === '' ? 'it exited with 0' : `it exited with 0: ${text}` };
  return failed(text === '' ? problem : `${problem}: ${text}`);
}
