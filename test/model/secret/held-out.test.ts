import { describe, expect, it } from 'vitest';
import { findSecrets } from '../../../src/model/secret/find-secrets.js';
import { type HeldOut, heldOut } from './held-out/texts.js';

const findingsOf = ({ place, value }: HeldOut) =>
  findSecrets(value, place === 'state' ? ['deployment'] : [place]);
const names = (texts: readonly HeldOut[]) => texts.map(({ name }) => name);

/** `scripts/secret-rates.mjs` prints the rates, and those of gitleaks beside them. */
describe('the lists that the guard was measured on', () => {
  it.each([
    ['secrets', ['openvpn auth-user-pass']],
    ['secrets-unseen', ['teleport', 'plain prose']],
  ] as const)('have no secret in %s that is missed, but those that are known', (file, known) => {
    const list = heldOut(file);
    expect(names(list.filter((text) => findingsOf(text).length === 0))).toEqual(known);
    expect(known.length / list.length).toBeLessThanOrEqual(0.05);
  });

  it.each([
    ['harmless', []],
    ['harmless-unseen', ['sed']],
  ] as const)('have no text in %s that is refused, but those that are known', (file, known) => {
    const list = heldOut(file);
    expect(names(list.filter((text) => findingsOf(text).length > 0))).toEqual(known);
    expect(known.length / list.length).toBeLessThanOrEqual(0.02);
  });

  it('are long enough, and name each text once', () => {
    for (const file of ['secrets', 'harmless'] as const) {
      const all = names([...heldOut(file), ...heldOut(`${file}-unseen`)]);
      expect(all.length).toBeGreaterThanOrEqual(150);
      expect(new Set(all).size).toBe(all.length);
    }
  });
});
