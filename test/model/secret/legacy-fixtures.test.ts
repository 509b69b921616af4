import { describe, expect, it } from 'vitest';
import { findSecrets, findSecretsInText } from '../../../src/model/secret/find-secrets.js';
import { isMislabelledPrivateKey } from '../../../src/model/secret/forms/wireguard-key.js';
import { maskSecrets } from '../../../src/model/secret/mask-secrets.js';
import { hasLegacyFixtures, legacyDocuments, legacySecrets } from './legacy-fixtures.js';
import { PLACEMENTS } from './placements.js';

/** The form of WireGuard's keys: 32 bytes in base64. */
const isWireguardKey = (text: string) => /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text);

type Path = readonly (string | number)[];

function* scalars(value: unknown, path: Path = []): Generator<{ value: unknown; path: Path }> {
  if (typeof value !== 'object' || value === null) {
    yield { value, path };
    return;
  }
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  for (const [key, child] of entries) yield* scalars(child, [...path, key]);
}

function* keys(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (!Array.isArray(value)) yield key;
    yield* keys(child);
  }
}

describe.runIf(hasLegacyFixtures)('the legacy fixtures', () => {
  const secrets = hasLegacyFixtures ? legacySecrets() : [];
  const documents = hasLegacyFixtures ? legacyDocuments() : [];

  for (const [placement, place] of Object.entries(PLACEMENTS)) {
    it(`have no secret that is missed in ${placement}`, () => {
      const missed = secrets.filter((secret) => {
        const { value, path } = place(secret);
        const findings = findSecrets(value, path);
        return findings.length === 0 || JSON.stringify(findings).includes(secret);
      });
      expect(missed.length).toBe(0);
    });
  }

  it('have no secret that is missed at a public-key path, but unclamped keys, which nothing tells from public ones', () => {
    const path = ['deployment', 'wireguard_peers', 'x', 'public_key'];
    const missed = secrets.filter((secret) => findSecrets(secret, path).length === 0);
    expect(missed.filter((secret) => !isWireguardKey(secret) || isMislabelledPrivateKey(secret)).length).toBe(
      0,
    );
    const copied = secrets.filter(
      (secret) =>
        !findSecrets({ private_key: secret, public_key: secret }).some(({ path }) => path === 'public_key'),
    );
    expect(copied.length).toBe(0);
  });

  it('have no secret that a masked text shows', () => {
    const shown = secrets.filter((secret) =>
      Object.values(PLACEMENTS).some((place) => {
        const { value } = place(secret);
        return typeof value === 'string' && maskSecrets(value).includes(secret);
      }),
    );
    expect(shown.length).toBe(0);
  });

  it('have no secret that is missed where it stands', () => {
    for (const { file, document } of documents) {
      for (const { value, path } of scalars(document)) {
        if (!secrets.some((secret) => String(value).includes(secret))) continue;
        expect(findSecrets(value, path), `${file}: ${path.join('.')}`).not.toEqual([]);
      }
    }
  });

  it('have at most 1 % of other values and keys flagged', () => {
    const others = documents.flatMap(({ file, document }) =>
      [...scalars(document)]
        .filter(({ value }) => !secrets.some((secret) => String(value).includes(secret)))
        .map((scalar) => ({ file, ...scalar })),
    );
    const flagged = others.filter(({ value, path }) => findSecrets(value, path).length > 0);
    expect(others.length).toBeGreaterThan(3000);
    expect(flagged.length / others.length).toBeLessThanOrEqual(0.01);
    // A number where a private key belongs.
    expect(flagged.map(({ path }) => path.join('.'))).toEqual([
      'wireguard_peers.k0s-controller-1.private_key',
    ]);
    const names = documents.flatMap(({ document }) => [...keys(document)]);
    expect(names.filter((name) => findSecretsInText(name, 'key').length > 0)).toEqual([]);
  });
});
