import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOfPath } from '../../../src/model/subject/place.js';
import { cluster, deployment } from '../../../src/model/subject/subject.js';
import { pathOfSecretFile, secretFile, secretFileName } from '../../../src/model/team-secret/secret-name.js';

describe('the name of a secret file', () => {
  it('is readable, and no two paths share one in a file system without case', () => {
    expect(secretFileName('wireguard.private_key')).toBe('wireguard.private_key.sops.yaml');
    expect(secretFileName('azure."My App".key')).toBe('azure.%22%4dy%20%41pp%22.key.sops.yaml');
    expect(secretFileName('con.password')).toBe('%63on.password.sops.yaml');
    expect(secretFileName('.x')).toBe('%2ex.sops.yaml');
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
        fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
        (a, b) => {
          fc.pre(a !== b);
          expect(secretFileName(a).toLowerCase()).not.toBe(secretFileName(b).toLowerCase());
        },
      ),
    );
  });

  it('gives its path back, unless it was cut, and always fits into a file system', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), (path) => {
        const name = secretFileName(path);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(220);
        expect(name).toMatch(/^[a-z0-9_%][a-z0-9._%-]*$/);
        expect(pathOfSecretFile(name)).toBe(name.includes('%%') ? null : path);
      }),
    );
    expect(secretFileName('x'.repeat(300))).toContain('%%');
    expect(secretFileName('x'.repeat(300))).not.toBe(secretFileName(`${'x'.repeat(299)}y`));
  });

  it('is no other text: nothing stands for a path that is written otherwise', () => {
    for (const name of ['a.yaml', '%zz.sops.yaml', 'A.sops.yaml', '%61.sops.yaml', 'con.x.sops.yaml'])
      expect(pathOfSecretFile(name)).toBeNull();
  });

  it('lies beside the state of its subject, and nowhere else', () => {
    const file = secretFile(deployment('dep-a'), 'a.b');
    expect(file).toBe('deployments/dep-a/secrets/a.b.sops.yaml');
    expect(placeOfPath(file)).toEqual({ kind: 'secret', subject: deployment('dep-a') });
    expect(placeOfPath(secretFile(cluster('m', 'ns', 'c'), 'x'))).toMatchObject({ kind: 'secret' });
    expect(placeOfPath('deployments/dep-a/secrets/a.yaml')).toEqual({ kind: 'stray' });
    expect(placeOfPath('deployments/dep-a/x/secrets/a.sops.yaml')).toEqual({ kind: 'stray' });
  });
});
