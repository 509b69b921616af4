import { formatStatePath, lookUp, type StatePath } from '../../model/state/state-path.js';
import type { Subject } from '../../model/subject/subject.js';
import { isMap, setOwn, type Value, type ValueMap } from '../../model/value/value.js';
import { fileValueKey, orderKey } from '../../store/local/withheld-values.js';
import type { LegacyMap } from '../read/legacy-document.js';
import type { StateFamily } from '../read/legacy-family.js';
import type { ImportSettings, ParsedFile, ParsedState, Secret } from '../read/parsed-file.js';
import { derivedWarning, phaseEvidence } from './phase-evidence.js';
import type { StateClaim } from './state-claims.js';
import { statePathOfKey } from './state-mapping.js';
import { takenOut, withhold } from './withhold.js';

/**
 * A state file without any of these keys is a remnant: the scripts rewrite an emptied file with the next key that they
 * set.
 */
const IDENTITY: Partial<Record<StateFamily, readonly string[]>> = {
  'deployment-state': ['deployment_id'],
  'azure-state': ['created_at', 'azure_credentials_configured'],
  'kof-state': ['created_at', 'kof_enabled'],
};

interface Split {
  readonly claims: StateClaim[];
  readonly values: ValueMap;
  readonly withheld: string[];
  readonly withheldKeys: string[];
  readonly secrets: { key: string; ownKey: string; value: Value }[];
  /** The key order of mappings from which something is withheld, by `orderKey`. */
  readonly orders: Map<string, Value>;
}

/** The order of a key's siblings, with the name under which it is stored. */
export function orderOf(family: StateFamily, data: LegacyMap, path: StatePath): [string, Value] {
  const holder = path.slice(0, -1);
  const { value } = lookUp(data, holder);
  return [orderKey(family, holder), isMap(value) ? Object.keys(value) : []];
}

/** Splits the keys of a state file into claims and secrets. */
export function splitState(family: StateFamily, data: LegacyMap, guard: ImportSettings['secrets']): Split {
  const split: Split = {
    claims: [],
    values: {},
    withheld: [],
    withheldKeys: [],
    secrets: [],
    orders: new Map(),
  };
  for (const [key, value] of Object.entries(data)) {
    const path = statePathOfKey(family, key);
    const clean = withhold(value, path, guard, 'leave out');
    split.withheld.push(...clean.withheld);
    // The full key may indicate a secret that the path without its prefix does not.
    const isSecret = clean.value !== undefined && (guard.byLook ?? guard).find(clean.value, [key]).length > 0;
    if (isSecret) split.withheld.push(guard.show(path));
    const kept = isSecret ? undefined : clean.value;
    for (const out of takenOut(value, kept, path)) {
      const own = [key, ...out.path.slice(path.length)];
      split.withheldKeys.push(guard.show(own));
      const names = { key: formatStatePath(out.path), ownKey: fileValueKey(family, own) };
      split.secrets.push({ ...names, value: out.value });
      split.orders.set(...orderOf(family, data, own));
    }
    if (kept === undefined) continue;
    split.claims.push({ path, key, value: kept });
    setOwn(split.values as Record<string, unknown>, key, kept);
  }
  return split;
}

/** Warnings about known mistakes of the scripts; the values are imported unchanged. */
function oddities(data: LegacyMap): string[] {
  const warnings: string[] = [];
  const flags = data['deployment_flags'];
  for (const name of ['azure_children', 'kof']) {
    const flat = data[`deployment_flags_${name}`];
    if (isMap(flags) && flat !== undefined && flags[name] !== flat)
      warnings.push(`deployment_flags_${name} and deployment_flags.${name} differ: both are kept`);
  }
  const states = isMap(data['vm_states']) ? data['vm_states'] : {};
  const shifted = Object.entries(states).filter(
    ([, vm]) => isMap(vm) && vm['state'] === '' && /^[A-Za-z]+$/.test(String(vm['private_ip'] ?? '')),
  );
  if (shifted.length > 0)
    warnings.push(
      `vm_states of ${shifted.map(([name]) => name).join(', ')}: the state stands as the private IP`,
    );
  return warnings;
}

export interface StatePlace {
  /** The events in the file's folder. */
  readonly entries: readonly Value[];
  /** Its place within a checkout; null for the usual place. */
  readonly within: string | null;
}

/** Parses a state file of a deployment. */
export function parseState(
  family: StateFamily,
  data: LegacyMap,
  { entries, within }: StatePlace,
  subject: Subject,
  settings: ImportSettings,
): Pick<ParsedFile, 'warnings' | 'withheld' | 'secrets'> & { readonly state: ParsedState } {
  const { claims, values, withheld, withheldKeys, secrets, orders } = splitState(
    family,
    data,
    settings.secrets,
  );
  const derived = family === 'deployment-state' ? phaseEvidence(data, entries) : [];
  const identity = IDENTITY[family] ?? [];
  return {
    state: {
      family,
      lastUpdated: data['last_updated'] ?? null,
      claims,
      values,
      withheldKeys,
      within,
      derived,
      isWhole: identity.length === 0 || identity.some((key) => Object.hasOwn(data, key)),
    },
    withheld,
    secrets: [
      ...secrets.map((secret): Secret => ({ subject, ...secret })),
      ...[...orders].map(([key, value]): Secret => ({ subject, key, value })),
    ],
    warnings: [...derived.map(derivedWarning), ...(family === 'deployment-state' ? oddities(data) : [])],
  };
}
