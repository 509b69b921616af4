import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatStatePath, parseStatePath } from '../../../src/model/state/state-path.js';
import type { Value } from '../../../src/model/value/value.js';
import { type StateClaims, settleClaims } from '../../../src/sync/parse/state-claims.js';
import { deploymentKeyOfPath, statePathOfKey } from '../../../src/sync/parse/state-mapping.js';
import type { StateFamily } from '../../../src/sync/read/legacy-family.js';
import { value } from '../../support/arbitraries.js';

const prefix = fc.constantFrom('', 'kof', 'kof_', 'azure_', 'aws_', 'kof_kof_', 'azure_aws_');
const key = fc
  .tuple(prefix, fc.oneof(fc.constantFrom('', 'x', 'last_updated', '__proto__'), fc.string()))
  .map((parts) => parts.join(''));
const document = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 12 });

function claimsOf(
  family: StateFamily,
  lastUpdated: Value,
  entries: readonly (readonly [string, Value])[],
): StateClaims {
  const claims = entries.map(([name, item]) => ({
    path: statePathOfKey(family, name),
    key: name,
    value: item,
  }));
  return { family, lastUpdated, claims };
}

describe('the mapping of state keys', () => {
  it.each<[StateFamily, string, string]>([
    ['deployment-state', 'phase', 'deployment.phase'],
    ['deployment-state', 'kof_mothership_installed', 'kof.mothership_installed'],
    ['deployment-state', 'azure_rg_status', 'azure.rg_status'],
    ['deployment-state', 'aws_account_id', 'aws.account_id'],
    ['deployment-state', 'kof', 'deployment.kof'],
    ['deployment-state', 'kof_', 'kof.""'],
    ['azure-state', 'azure_credentials_configured', 'azure.credentials_configured'],
    ['azure-state', 'last_updated', 'azure.last_updated'],
    ['kof-state', 'kof_enabled', 'kof.enabled'],
    ['kof-state', 'azure_x', 'kof.azure_x'],
  ])('%s: %s is %s', (family, name, path) => {
    expect(formatStatePath(statePathOfKey(family, name))).toBe(path);
  });

  it('leads back to every key of deployment-state.yaml, which has a path of its own', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const path = statePathOfKey('deployment-state', a);
        expect(parseStatePath(formatStatePath(path)).map(String)).toEqual(path);
        expect(deploymentKeyOfPath(path)).toBe(a);
        if (a !== b) expect(statePathOfKey('deployment-state', b)).not.toEqual(path);
      }),
    );
  });

  it('loses no value of several files: each is kept at its path or among the displaced', () => {
    fc.assert(
      fc.property(document, document, document, (deployment, azure, kof) => {
        const files = [
          claimsOf('deployment-state', '2025-12-04T01:00:02Z', deployment),
          claimsOf('azure-state', '2025-12-04T01:00:01Z', azure),
          claimsOf('kof-state', null, kof),
        ];
        const { kept, displaced } = settleClaims(files);
        const state = new Map(kept.flat().map((claim) => [formatStatePath(claim.path), claim.value]));
        expect(state.size).toBe(kept.flat().length);
        files.forEach(({ family, claims }, i) => {
          const back = claims.map(({ key: name, path }) => {
            const lost = displaced[i]?.find((claim) => claim.key === name);
            return [name, lost ? lost.value : state.get(formatStatePath(path)), family];
          });
          expect(back).toEqual(claims.map((claim) => [claim.key, claim.value, family]));
        });
      }),
    );
  });

  it('lets the newer file win, and the special one where times are equal', () => {
    const winner = (deploymentTime: Value, azureTime: Value) => {
      const { kept } = settleClaims([
        claimsOf('deployment-state', deploymentTime, [['azure_x', 'deployment']]),
        claimsOf('azure-state', azureTime, [['azure_x', 'azure']]),
      ]);
      return kept.flat().map((claim) => claim.value);
    };
    expect(winner('2025-12-04T01:00:01Z', '2025-12-04T01:00:00Z')).toEqual(['deployment']);
    expect(winner('2025-12-04T01:00:00Z', '2025-12-04T01:00:01Z')).toEqual(['azure']);
    expect(winner('2025-12-04T01:00:00Z', '2025-12-04T01:00:00Z')).toEqual(['azure']);
    expect(winner('2025-12-04T01:00:00Z', 1764810300)).toEqual(['deployment']);
  });
});
