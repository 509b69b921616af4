import { isFilePath, isOpaque, isPlaceholder } from './placeholder.js';

/**
 * What a key says of its value. `secret`: anything in it is one (password). `token`: anything but the name of an
 * object, which is what k0rdent's and Kubernetes' references hold. `public`: a public key. `plain`: nothing.
 */
export type NameKind = 'plain' | 'public' | 'token' | 'secret';

/** Names are compared without separators and in lower case: `client-secret`, `clientSecret`, `CLIENT_SECRET`. */
const SECRET_NAME =
  /(?:password|passwd|passphrase|passcode|pwd|privatekey|privkey|presharedkey|clientsecret|secretaccesskey|secretkey|sharedsecret|appsecret)s?$/;
const TOKEN_NAME =
  /(?:secret|token|apikey|accesskey|accountkey|storagekey|sshkey|clientkey|clientkeydata|encryptionkey|signingkey|masterkey|sharedkey|authorization|dockerconfigjson|connectionstring|webhookurl|joinkey|kubeconfig)s?$/;
const PUBLIC_NAME = /(?:public|pub)keys?$/;
/** Short words that are secret alone, but not as the end of another (`bypass`, `oauth`). */
const WHOLE_WORD = /(?:^|[^A-Za-z])(?:pass|psk|auth|PASS|PSK|AUTH)$/;
/** What may follow the word that counts: `password_b64`, `token2`, `passwordValue`. */
const SUFFIX = /(?:[-_.]?(?:b64|base64|value|plain|plaintext|old|new|current|previous|\d{1,3}))+$/i;
/** Text that stands as a key, such as a command; it is judged as text. */
const NOT_A_NAME = /[=${}<>()*,;\n]/;
const MAX_NAME = 200;

/** What the name of a key says of its value. FORMATS' secret paths (`wireguard_peers.*.private_key`) are `secret`. */
export function kindOfName(name: string): NameKind {
  const base = name.slice(-MAX_NAME).replace(SUFFIX, '');
  const flat = base.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
  if (NOT_A_NAME.test(base)) return 'plain';
  if (PUBLIC_NAME.test(flat)) return 'public';
  if (SECRET_NAME.test(flat)) return 'secret';
  if (TOKEN_NAME.test(flat) || WHOLE_WORD.test(base)) return 'token';
  return 'plain';
}

/** Whether `value` under a name of `kind` is a secret for its place alone, whatever its shape. */
export function isSecretUnder(kind: NameKind, value: string): boolean {
  if (kind === 'plain' || kind === 'public' || isPlaceholder(value)) return false;
  if (isFilePath(value)) return false;
  return kind === 'secret' || isOpaque(value);
}
