import { scanText } from './forms/scan-text.js';
import { isSecretUnder, kindOfName, type NameKind } from './secret-name.js';
import { type Keys, shownPath } from './shown-path.js';

/** The place and kind of a secret, never the secret itself. */
export interface SecretFinding {
  /** Dotted state path, with secret keys masked. Empty for a text on its own. */
  readonly path: string;
  /** Stable id of the rule that found it. */
  readonly rule: string;
  /** A description for people, such as `WireGuard private key`. */
  readonly what: string;
  readonly where: 'value' | 'key' | 'name';
}

/** Deeper than any state or event; deeper nesting is reported without a search. */
export const MAX_DEPTH = 100;
/** Enough to act on; a hostile document could have a million. */
export const MAX_FINDINGS = 100;

type Scalar = string | number | bigint | boolean | null | undefined;

/** Children whose value belongs to their parent's name: `password: {value: X}`. */
const VALUE_KEYS = new Set(['value', 'before', 'after', 'data', 'content', 'default']);
/** Members that name their siblings' value: in a container's environment, in an event's `changes`. */
const NAME_KEYS = ['name', 'key', 'path'];

/** The kind of value that the names in `keys` suggest: the last name counts, list indexes are ignored. */
function kindOfPath(keys: Keys): NameKind {
  const name = keys.findLast((key) => typeof key === 'string');
  return typeof name === 'string' ? kindOfName(name) : 'plain';
}

/** A hash of 16 to 64 bytes, in hexadecimal or base64. */
const DIGEST = /^(?:[\w-]{1,12}[:-])?(?:[0-9a-fA-F:]{32,191}|[A-Za-z0-9+/_-]{22,88}={0,2})$/;

function judgeScalar(scalar: Scalar, kind: NameKind): readonly { rule: string; what: string }[] {
  if (scalar === null || scalar === undefined || typeof scalar === 'boolean') return [];
  const text = String(scalar);
  if (kind === 'digest' && DIGEST.test(text)) return [];
  const found = typeof scalar === 'string' ? scanText(text, kind === 'public') : [];
  if (found.length > 0 || !isSecretUnder(kind, text)) return found;
  return [{ rule: 'secret-path', what: kind === 'token' ? 'token or key' : 'value of a secret path' }];
}

class Search {
  readonly findings: SecretFinding[] = [];
  /** Kinds under which a mapping or list was searched: with YAML aliases, one object can be at many paths. */
  readonly #seen = new Map<object, Set<NameKind>>();

  /** Values under secret names, and values under public ones: a key found in both is private. */
  readonly #private = new Set<string>();
  readonly #public: { text: string; keys: Keys }[] = [];

  add(keys: Keys, where: SecretFinding['where'], found: readonly { rule: string; what: string }[]): void {
    const rules = new Set<string>();
    for (const { rule, what } of found) {
      if (rules.has(rule) || this.findings.length >= MAX_FINDINGS) continue;
      rules.add(rule);
      this.findings.push({ path: shownPath(keys), rule, what, where });
    }
  }

  key(keys: Keys): void {
    const key = keys.at(-1);
    if (typeof key === 'string') this.add(keys, 'key', scanText(key));
  }

  value(value: unknown, keys: Keys, kind: NameKind): void {
    if (this.findings.length >= MAX_FINDINGS) return;
    if (typeof value !== 'object' || value === null) {
      const found = judgeScalar(value as Scalar, kind);
      this.add(keys, 'value', found);
      if (kind === 'secret' && found.length > 0) this.#private.add(String(value).trim());
      if (kind === 'public' && found.length === 0) this.#public.push({ text: String(value).trim(), keys });
      return;
    }
    const kinds = this.#seen.get(value) ?? new Set();
    if (kinds.has(kind)) return;
    this.#seen.set(value, kinds.add(kind));
    if (keys.length > MAX_DEPTH) {
      this.add(keys, 'value', [{ rule: 'too-deep', what: 'nesting too deep to be judged' }]);
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        this.value(item, [...keys, index], kind);
      });
    } else {
      this.mapping(value, keys, kind);
    }
  }

  /** After the whole document, finds private keys in the place of public ones. */
  crossCheck(): void {
    for (const { text, keys } of this.#public) {
      if (this.#private.has(text))
        this.add(keys, 'value', [{ rule: 'private-as-public', what: 'private key' }]);
    }
  }

  mapping(value: object, keys: Keys, kind: NameKind): void {
    const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
    const named = new Map(entries);
    const label = NAME_KEYS.map((key) => named.get(key)).find((name) => typeof name === 'string');
    const isSecretManifest = named.get('kind') === 'Secret';
    const inherited = typeof label === 'string' ? kindOfName(label) : kind;
    for (const [key, child] of entries) {
      const name = String(key);
      const path = [...keys, name];
      this.key(path);
      const own = kindOfName(name);
      if (isSecretManifest && (name === 'data' || name === 'stringData')) this.value(child, path, 'secret');
      else if (VALUE_KEYS.has(name)) this.value(child, path, inherited);
      // Under a Secret's `data`, every name holds a secret.
      else this.value(child, path, own === 'plain' && this.#isManifestData(keys, kind) ? 'secret' : own);
    }
  }

  #isManifestData(keys: Keys, kind: NameKind): boolean {
    return kind === 'secret' && (keys.at(-1) === 'data' || keys.at(-1) === 'stringData');
  }
}

/**
 * Finds the secrets in a YAML or JSON value, keys included: by the name of a value, and by its shape anywhere. `path`
 * is the place of `value` in the state; its names count, too. Returns at most 100 findings; nesting beyond 100 levels
 * is a finding itself.
 */
export function findSecrets(value: unknown, path: Keys = []): SecretFinding[] {
  const search = new Search();
  for (let length = 1; length <= path.length; length++) search.key(path.slice(0, length));
  search.value(value, path, kindOfPath(path));
  search.crossCheck();
  return search.findings;
}

/** Finds the secrets in a single text, such as the name of a cluster or a command. */
export function findSecretsInText(text: string, where: SecretFinding['where'] = 'value'): SecretFinding[] {
  const search = new Search();
  search.add([], where, scanText(text));
  return search.findings;
}
