/** Words used in place of a secret, or to say that there is none. */
const WORDS = new Set(
  (
    'null none nil true false yes no on off undefined unset empty blank n/a na unknown default optional required ' +
    'missing invalid expired rotated redacted masked hidden sensitive removed omitted withheld placeholder ' +
    'changeme change_me change-me replaceme replace_me replace-me todo tbd secret password token example ' +
    'set created deleted updated stored configured generated is was not must'
  ).split(' '),
);

/** Whole values: masks, `<name>`, shell, CI and template variables. Bounded, like every pattern here. */
const WHOLE =
  /^(?:\**|•+|[xX]{3,}|\.{2,}|…|-+|_+|<[^<>]{0,100}>|\[[^[\]]{0,100}\]|\$\{[^{}]{0,200}\}|\$\w{1,100}|\$env:\w{1,100}|%\w{1,100}%|\$\{\{[^{}]{0,200}\}\}|\{\{[^{}]{0,200}\}\}|your[-_ ][\w -]{1,60})$/;

/** References that a secret manager or a tool resolves: 1Password, vals, Vault agent, AWS, Azure Key Vault, a variable. */
const REFERENCE =
  /^(?:op:\/\/|ref\+\w|(?:vault|bao|awssm|gcpsm|azkv|keyring|secretref|env|file|fd):|[a-z]{2,20}(?:secrets?|vault)[a-z]{0,20}:\/\/|arn:aws[\w-]{0,10}:|@Microsoft\.KeyVault\(|!vault\b)/;
/**
 * Ciphertext that is meant to be committed: SOPS, age, Ansible Vault, SealedSecret (a 512-byte key, preceded by its
 * length).
 */
const CIPHERTEXT =
  /^(?:ENC\[|-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)-----|\$ANSIBLE_VAULT;|Ag[A-D][A-Za-z0-9+/]{160,}={0,2}$)/;

/** Starts of commands and templates that a shell or renderer fills in; blanks may follow. */
const SUBSTITUTION = /^(?:\$\(|`|\{\{|\$\{|<\()/;
/** Patterns of grep and sed, which only describe a value. */
const PATTERN = /^(?:\.[*+]|\[\^|\\[Sw][*+])/;

/** Whether `value` is a placeholder: empty, masked, a variable, a template, a reference, or a word like `none`. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  return (
    (text.length <= MAX_NAME && (WORDS.has(text.toLowerCase()) || WHOLE.test(text))) ||
    REFERENCE.test(text) ||
    CIPHERTEXT.test(text) ||
    PATTERN.test(text) ||
    SUBSTITUTION.test(text)
  );
}

/** Whether a shell or renderer fills in the value that begins at `at`: `$(cat x)`, `{{ .Values.x }}`. */
export function isSubstitution(text: string, at: number): boolean {
  return SUBSTITUTION.test(text.slice(at, at + 3));
}

/** Longer text is neither a path nor a name, and judging hostile input of any length would be expensive. */
const MAX_NAME = 256;

/** Whether `value` is a file path: state contains paths of secret files, not their content. */
export function isFilePath(value: string): boolean {
  if (value.length > MAX_NAME || /[\n=+]/.test(value)) return false;
  return (
    /^@?(?:\.{1,2}|~|\$\w{1,60}|\$\{\w{1,60}\})?\/[\w.@ ~-]/.test(value) ||
    /\.(?:pem|key|crt|pub|ya?ml|json|env|txt|conf)$/.test(value)
  );
}

/**
 * Whether `value` under a name like `token` or `secret` is more than a name: a long run of letters and digits, a UUID,
 * or characters that object names do not have.
 */
export function isOpaque(value: string): boolean {
  if (value.length > MAX_NAME) return true;
  if (!/[A-Za-z]/.test(value) || !/[0-9]/.test(value)) return false;
  for (const [run] of value.matchAll(/[A-Za-z0-9]{16,}/g)) {
    if ((run.match(/[0-9]/g)?.length ?? 0) >= 2 && /[A-Za-z]/.test(run)) return true;
  }
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return true;
  return value.length >= 8 && !/\s/.test(value) && /[!#$%^&*+=?~]/.test(value);
}

/** Whether `value` can be the name of a Kubernetes object, with or without its namespace, or is a sentence. */
export function isObjectName(value: string): boolean {
  if (/\s/.test(value.trim())) return true;
  if (!/^[a-z0-9][a-z0-9./-]{0,252}$/.test(value)) return false;
  // Not a name: `hunter2`. In names, a number follows a hyphen.
  return /^[a-z]*$/.test(value) || /[./-]/.test(value);
}

/** Whether a word of a sentence looks like a password: letters with digits or signs that are no version, name or path. */
export function looksLikePassword(word: string): boolean {
  if (word.length < 5 || word.length > 128 || isPlaceholder(word) || isFilePath(word)) return false;
  if (/^(?:v?\d+(?:[.\d]|[a-z]$)|(?:sha|aes|base|md|utf|rsa|ed|x|k|http|ipv|oauth)-?\d)/i.test(word))
    return false;
  if (!/[A-Za-z]/.test(word) || /[/\\(){}<>[\]]/.test(word)) return false;
  if (/[!#$%^&*+=?@~]/.test(word)) return !/^[\w.-]+@[\w.-]+$/.test(word) && !/^[A-Za-z'-]+[!?]$/.test(word);
  // In names of machines and objects, digits follow a hyphen or a dot.
  return /\d/.test(word) && (/[A-Z]/.test(word) || !/[-_.:]/.test(word));
}
