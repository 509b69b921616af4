import { isMap } from '../value/value.js';
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
  /** Where the search is. One list that grows and shrinks: a list for each value would cost as much as judging it. */
  readonly #keys: (string | number)[] = [];
  /** Kinds under which a mapping or list was searched: with YAML aliases, one object can be at many paths. */
  readonly #seen = new Map<object, Set<NameKind>>();

  /** Values under secret names, and values under public ones: a key found in both is private. */
  readonly #private = new Set<string>();
  readonly #public: { text: string; keys: Keys }[] = [];

  add(keys: Keys, where: SecretFinding['where'], found: readonly { rule: string; what: string }[]): void {
    if (found.length === 0) return;
    const rules = new Set<string>();
    for (const { rule, what } of found) {
      if (rules.has(rule) || this.findings.length >= MAX_FINDINGS) continue;
      rules.add(rule);
      this.findings.push({ path: shownPath(keys), rule, what, where });
    }
  }

  /** Goes down to a key, and judges it. */
  enter(key: string | number): void {
    this.#keys.push(key);
    if (typeof key === 'string') this.add(this.#keys, 'key', scanText(key));
  }

  value(value: unknown, kind: NameKind): void {
    if (this.findings.length >= MAX_FINDINGS) return;
    if (typeof value !== 'object' || value === null) {
      const found = judgeScalar(value as Scalar, kind);
      this.add(this.#keys, 'value', found);
      if (kind === 'secret' && found.length > 0) this.#private.add(String(value).trim());
      if (kind === 'public' && found.length === 0)
        this.#public.push({ text: String(value).trim(), keys: [...this.#keys] });
      return;
    }
    const kinds = this.#seen.get(value) ?? new Set();
    if (kinds.has(kind)) return;
    this.#seen.set(value, kinds.add(kind));
    if (this.#keys.length > MAX_DEPTH) {
      this.add(this.#keys, 'value', [{ rule: 'too-deep', what: 'nesting too deep to be judged' }]);
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.#child(index, item, kind);
    } else if (isMap(value)) {
      this.#mapping(value, kind);
    }
  }

  #child(key: string | number, value: unknown, kind: NameKind): void {
    this.enter(key);
    this.value(value, kind);
    this.#keys.pop();
  }

  /** After the whole document, finds private keys in the place of public ones. */
  crossCheck(): void {
    for (const { text, keys } of this.#public) {
      if (this.#private.has(text))
        this.add(keys, 'value', [{ rule: 'private-as-public', what: 'private key' }]);
    }
  }

  #mapping(value: Map<unknown, unknown> | Record<string, unknown>, kind: NameKind): void {
    const isMapping = value instanceof Map;
    const named = (name: string) =>
      isMapping ? value.get(name) : Object.hasOwn(value, name) ? value[name] : undefined;
    const label = NAME_KEYS.map(named).find((name) => typeof name === 'string');
    const isSecretManifest = named('kind') === 'Secret';
    const inherited = typeof label === 'string' ? kindOfName(label) : kind;
    const isData = this.#isManifestData(kind);
    for (const [key, child] of isMapping ? value : Object.entries(value)) {
      const name = String(key);
      const own = kindOfName(name);
      if (isSecretManifest && (name === 'data' || name === 'stringData')) this.#child(name, child, 'secret');
      else if (VALUE_KEYS.has(name)) this.#child(name, child, inherited);
      // Under a Secret's `data`, every name holds a secret.
      else this.#child(name, child, own === 'plain' && isData ? 'secret' : own);
    }
  }

  #isManifestData(kind: NameKind): boolean {
    const last = this.#keys.at(-1);
    return kind === 'secret' && (last === 'data' || last === 'stringData');
  }
}

/**
 * Finds the secrets in a YAML or JSON value, keys included: by the name of a value, and by its shape anywhere. `path`
 * is the place of `value` in the state; its names count, too. Returns at most 100 findings; nesting beyond 100 levels
 * is a finding itself.
 */
export function findSecrets(value: unknown, path: Keys = []): SecretFinding[] {
  const search = new Search();
  for (const key of path) search.enter(key);
  search.value(value, kindOfPath(path));
  search.crossCheck();
  return search.findings;
}

/** Finds the secrets in a single text, such as the name of a cluster or a command. */
export function findSecretsInText(text: string, where: SecretFinding['where'] = 'value'): SecretFinding[] {
  const search = new Search();
  search.add([], where, scanText(text));
  return search.findings;
}
