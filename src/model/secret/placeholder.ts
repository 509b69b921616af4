/** Words that stand where a secret would, or say that there is none. */
const WORDS = new Set(
  (
    'null none nil true false yes no on off undefined unset empty blank n/a na unknown default optional required ' +
    'missing invalid expired rotated redacted masked hidden sensitive removed omitted withheld placeholder ' +
    'changeme change_me change-me replaceme replace_me replace-me todo tbd secret password token example ' +
    'set created deleted updated stored configured generated is was not must'
  ).split(' '),
);

/** Whole values: masks, `<name>`, shell, CI and template variables. Bounded, as every pattern here. */
const WHOLE =
  /^(?:\**|•+|[xX]{3,}|\.{2,}|…|-+|_+|<[^<>]{0,100}>|\[[^[\]]{0,100}\]|\$\{[^{}]{0,200}\}|\$\w{1,100}|\$env:\w{1,100}|%\w{1,100}%|\$\{\{[^{}]{0,200}\}\}|\{\{[^{}]{0,200}\}\}|your[-_ ][\w -]{1,60})$/;

/** References that a secret manager resolves: 1Password, vals, Vault agent, SOPS, AWS, Azure Key Vault. */
const REFERENCE = /^(?:op:\/\/|ref\+\w|vault:|ENC\[|arn:aws:|@Microsoft\.KeyVault\()/;

/** Commands and templates that a shell or renderer fills in; their text goes on after a blank. */
const SUBSTITUTION = /^(?:\$\(|`|\{\{|\$\{|<\()/;

/** Whether `value` only stands for a secret: empty, masked, a variable, a template, a reference, or a word like `none`. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  return (
    (text.length <= MAX_NAME && (WORDS.has(text.toLowerCase()) || WHOLE.test(text))) ||
    REFERENCE.test(text) ||
    SUBSTITUTION.test(text)
  );
}

/** Whether a value that begins at `at` is filled in by a shell or a renderer: `$(cat x)`, `{{ .Values.x }}`. */
export function isSubstitution(text: string, at: number): boolean {
  return SUBSTITUTION.test(text.slice(at, at + 3));
}

/** Longer text is neither a path nor a name; and judging it would cost hostile input nothing and us much. */
const MAX_NAME = 256;

/** Whether `value` is a path of a file, as state holds paths of secret files and not their content. */
export function isFilePath(value: string): boolean {
  if (value.length > MAX_NAME || /[\n=+]/.test(value)) return false;
  return (
    /^(?:\.{1,2}|~|\$\w{1,60}|\$\{\w{1,60}\})?\/[\w.@ ~-]/.test(value) ||
    /\.(?:pem|key|crt|pub|ya?ml|json|env|txt|conf)$/.test(value)
  );
}

/**
 * Whether `value` under a name like `token` or `secret` is more than the name of something: a long run of letters
 * and digits, a UUID, or characters that names of objects don't have.
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
