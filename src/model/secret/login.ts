import { isOpaque, isPlaceholder } from './placeholder.js';
import type { SecretSpan } from './span.js';

const AUTHORIZATION =
  /(?<=authorization\\?["']?[ \t]{0,4}[:=][ \t]{0,4}\\?["']?(?:(?:bearer|basic|token|apikey|negotiate)[ \t]{1,4})?)(?!(?:bearer|basic|token|apikey|negotiate)\b)[^\s"'`,\\]{1,4096}/gi;
const BEARER = /(?<=\b(?:bearer|basic)[ \t]{1,4})[\w.~+/=-]{12,4096}/gi;
/** `curl -u user:X`, `--user user:X`, `--proxy-user`; numbers are what `docker run -u 1000:1000` has. */
const CURL_USER =
  /(?<=\s(?:-u|--user|--proxy-user|-U)[ \t=]{0,4}["']?[^\s:"']{0,100}:)(?!\d{1,6}(?:\s|$))[^\s"']{1,1024}/g;
/** `sshpass -p X`, `mysql -pX`, `docker login -p X`, `az login -p X`, `htpasswd -b file user X`. */
const SHORT_PASSWORD =
  /(?<=\b(?:sshpass[ \t]{1,4}-p[ \t]{0,4}|(?:mysql|mysqldump|mariadb)\b[^\n|;&]{0,200}[ \t]-p|login\b[^\n|;&]{0,200}[ \t]-p[ \t=]{1,4})["']?)[^\s"'-][^\s"']{0,1024}/g;
const LITERAL = /(?<=--from-literal[= ]["']?[^\s="']{1,100}=)[^\s"']{1,4096}/g;

const PATTERNS: readonly {
  hint: RegExp;
  pattern: RegExp;
  rule: string;
  what: string;
  isSecret?: (value: string) => boolean;
}[] = [
  { hint: /authorization/i, pattern: AUTHORIZATION, rule: 'authorization', what: 'Authorization header' },
  {
    hint: /bearer|basic/i,
    pattern: BEARER,
    rule: 'authorization',
    what: 'bearer or basic credentials',
    isSecret: isCredentials,
  },
  { hint: /\b(?:curl|wget)\b/, pattern: CURL_USER, rule: 'login', what: 'password after the user name' },
  {
    hint: /sshpass|mysql|mariadb|login/,
    pattern: SHORT_PASSWORD,
    rule: 'login',
    what: 'password of a login command',
  },
  { hint: /--from-literal/, pattern: LITERAL, rule: 'login', what: 'literal of a Kubernetes Secret' },
];

function isCredentials(value: string): boolean {
  return isOpaque(value) || /^[\w-]{1,100}:./.test(Buffer.from(value, 'base64').toString('latin1'));
}

/** Credentials that commands and HTTP headers hold without naming them a password. */
export function findLogins(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (const { hint, pattern, rule, what, isSecret } of PATTERNS) {
    if (!hint.test(text)) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match[0];
      if (isPlaceholder(value) || (isSecret && !isSecret(value))) continue;
      spans.push({ start: match.index, end: match.index + value.length, rule, what });
    }
  }
  return spans;
}
