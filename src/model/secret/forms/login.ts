import { isFilePath, isOpaque, isPlaceholder } from '../placeholder.js';
import type { SecretSpan } from '../span.js';
import { COMMAND_FORMS, FILE_FORMS, type LoginForm } from './command-forms.js';

const FORMS: readonly LoginForm[] = [
  ...COMMAND_FORMS,
  ...FILE_FORMS,
  {
    rule: 'authorization',
    what: 'Authorization header',
    hints: ['authorization'],
    pattern:
      /authorization\\?["']?[ \t]{0,4}[:=][ \t]{0,4}\\?["']?(?:(?:bearer|basic|token|apikey|negotiate)[ \t]{1,4})?([^\s"'`,\\]{1,4096})/gi,
  },
  {
    rule: 'authorization',
    what: 'bearer or basic credentials',
    hints: ['bearer', 'basic'],
    pattern: /\b(?:bearer|basic)[ \t]{1,4}([\w.~+/=-]{8,4096})/gi,
    isSecret: isCredentials,
  },
  {
    rule: 'login',
    what: 'password after the user name',
    hints: ['curl', 'wget', 'http ', 'https ', 'xh ', 'etcdctl'],
    pattern:
      /\s(?:-\w{0,6}[uUa]|--user|--proxy-user|--auth)[ \t=]{0,4}["']?[^\s:"']{0,100}:([^\s"']{1,1024})/g,
  },
  {
    rule: 'login',
    what: 'password of a login command',
    hints: ['sshpass', 'mysql', 'mariadb', 'login'],
    pattern:
      /\b(?:sshpass[ \t]{1,4}-p[ \t]{0,4}|(?:mysql|mysqldump|mariadb)\b[^\n|;&]{0,200}?[ \t]-p|login\b[^\n|;&]{0,200}?[ \t]-p[ \t=]{1,4})["']?([^\s"'-][^\s"']{0,1024})/g,
  },
  {
    rule: 'login',
    what: 'literal of a Kubernetes Secret',
    hints: ['--from-literal'],
    pattern: /--from-literal[= ]["']?[^\s="']{1,100}=["']?([^\s"']{1,4096})/g,
  },
];

function isCredentials(value: string): boolean {
  return (
    isOpaque(value) || /^[\w.-]{1,100}:[\x20-\x7e]+$/.test(Buffer.from(value, 'base64').toString('latin1'))
  );
}

/** Finds credentials that commands and HTTP headers contain without naming them a password. */
export function findLogins(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  const lower = text.toLowerCase();
  for (const { hints, pattern, rule, what, isSecret } of FORMS) {
    if (!hints.some((hint) => lower.includes(hint))) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match[1] ?? '';
      const bare = value.replace(/[),.;\]}]{1,3}$/, '');
      if (isPlaceholder(bare) || isFilePath(bare) || (isSecret && !isSecret(value))) continue;
      const end = match.index + match[0].length;
      spans.push({ start: end - value.length, end, rule, what });
    }
  }
  return spans;
}
