import { foldText, isAscii } from './fold-text.js';
import { isFilePath, isObjectName, isOpaque, isPlaceholder } from './placeholder.js';
import { isForeignPassword } from './secret-words.js';

/**
 * The kind of value that a key suggests. `secret`: any value is one (password). `pass`: the same, except numbers and
 * sentences, since `pass` may be about a test. `token`: any value except the name of an object, as in k0rdent's and
 * Kubernetes' references. `login`: like a token, plus anything with digits or capitals (credentials). `pin`: digits.
 * `public`: a public key. `digest`: a hash. `plain`: no suggestion.
 */
export type NameKind = 'plain' | 'public' | 'digest' | 'token' | 'login' | 'pin' | 'pass' | 'secret';

/** Names are compared without separators and in lower case: `client-secret`, `clientSecret`, `CLIENT_SECRET`. */
const SECRET_NAME =
  /(?:password|passwd|passphrase|passcode|pwd|privatekey|privkey|presharedkey|clientsecret|secretaccesskey|secretkey|sharedsecret|appsecret|(?:admin|auth|become|bind|db|ftp|key|ldap|login|master|my|pg|proxy|redis|require|root|smtp|ssh|ssl|store|sudo|user|vnc|wifi)(?:pass|pw))s?$/;
const TOKEN_NAME =
  /(?:secret|token|(?:api|app|application|access|account|activation|auth|certificate|client|consumer|encrypt|encryption|fernet|gossip|hmac|integration|join|license|licence|master|product|recovery|root|routing|session|shared|sharedaccess|signing|ssh|storage|unseal)key(?:data)?|authorization|dockerconfigjson|connectionstring|webhookurl|kubeconfig|sessionid|sessioncookie|recoverycode|backupcode)s?$/;
const PUBLIC_NAME = /(?:public|pub)keys?$/;
const DIGEST_NAME =
  /(?:hash|checksum|digest|integrity|fingerprint|thumbprint|etag|sha1|sha256|sha384|sha512|md5|shasum)(?:es|s)?$/;
/**
 * Words that count as the last word of a name, but not as the end of a longer word (`bypass`, `oauth`, `spin`,
 * `compat`).
 */
const LAST_WORD: Readonly<Record<string, NameKind>> = {
  pw: 'secret',
  pass: 'pass',
  psk: 'token',
  auth: 'token',
  pat: 'token',
  pin: 'pin',
  pincode: 'pin',
  credential: 'login',
  credentials: 'login',
  cred: 'login',
  creds: 'login',
  mdp: 'secret',
};
/** Words before `pass` that make it a round or a success. */
const ROUND =
  /^(?:first|second|third|next|last|final|single|multi|one|two|all|any|did|does|must|no|should|tests?|checks?|by|to)$/;
/** Suffixes after the decisive word: `password_b64`, `token2`, `passwordValue`. */
const SUFFIX = /(?:[-_.]?(?:b64|base64|value|plain|plaintext|old|new|current|previous|\d{1,3}))+$/i;
/** Matches keys that are text, such as a command; they are judged as text. */
const NOT_A_NAME = /[=${}<>()*,;\n]/;
const MAX_NAME = 200;

/** The words of a name in lower case: `dbPass`, `db_pass`, `db.pass` and `DB-PASS` give `db`, `pass`. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

const flattened = (name: string) =>
  name.replace(isAscii(name) ? /[^A-Za-z0-9]/g : /[^\p{L}\p{N}]/gu, '').toLowerCase();

function kindOfLastWord(base: string): NameKind {
  const words = wordsOf(base);
  const kind = LAST_WORD[words.at(-1) ?? ''] ?? 'plain';
  const before = words.at(-2);
  return kind === 'pass' && before !== undefined && !ROUND.test(before) ? 'secret' : kind;
}

/** Names in every event and state, whose kind is `plain`: most commands then compile none of the patterns. */
export const USUAL_NAMES: readonly string[] = [
  ...['action', 'changes', 'cluster', 'deployment', 'email', 'event', 'host', 'id', 'identity', 'kind'],
  ...['management', 'message', 'name', 'namespace', 'note', 'outcome', 'params', 'path', 'phase', 'reason'],
  ...['run', 'source', 'status', 'step', 'subject', 'timestamp', 'user', 'version'],
];
const USUAL = new Set(USUAL_NAMES);
/** Cached, because events use few names. */
const known = new Map<string, NameKind>();
const MAX_KNOWN = 10_000;

/**
 * The kind of value that the name of a key suggests. The secret paths in FORMATS (`wireguard_peers.*.private_key`) are
 * `secret`.
 */
export function kindOfName(name: string): NameKind {
  if (USUAL.has(name)) return 'plain';
  const found = known.get(name);
  if (found !== undefined) return found;
  const kind = judgedName(name);
  if (known.size >= MAX_KNOWN) known.clear();
  if (name.length <= MAX_NAME) known.set(name, kind);
  return kind;
}

/** Judges a name by the patterns. */
export function judgedName(name: string): NameKind {
  const whole = foldText(name.slice(-MAX_NAME)).text;
  const base = whole.replace(SUFFIX, '');
  const flat = flattened(base);
  if (NOT_A_NAME.test(base)) return 'plain';
  if (PUBLIC_NAME.test(flat)) return 'public';
  if (SECRET_NAME.test(flat) || isForeignPassword(flat)) return 'secret';
  if (TOKEN_NAME.test(flat)) return 'token';
  // `sha256` is not `sha` with a numeric suffix.
  if (DIGEST_NAME.test(flattened(whole))) return 'digest';
  if (flat.endsWith('secretid')) return 'login';
  return kindOfLastWord(base);
}

/** Whether `value` is a secret merely because of the kind of its name. */
export function isSecretUnder(kind: NameKind, value: string): boolean {
  if (kind === 'plain' || kind === 'public' || kind === 'digest' || isPlaceholder(value)) return false;
  if (isFilePath(value)) return false;
  switch (kind) {
    case 'secret':
      return true;
    case 'pass':
      return !/\s/.test(value.trim()) && !/^[\d.,:%/-]*$/.test(value);
    case 'pin':
      return /^\d{4,12}$/.test(value);
    case 'login':
      return isOpaque(value) || !isObjectName(value);
    case 'token':
      return isOpaque(value);
  }
}
