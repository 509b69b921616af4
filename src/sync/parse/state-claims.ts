import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { sameValue, type Value } from '../../model/value/value.js';
import { FAMILIES, type StateFamily } from '../read/legacy-family.js';

/** A state file's value for a state path. */
export interface StateClaim {
  readonly path: StatePath;
  readonly key: string;
  readonly value: Value;
}

/** The claims of a state file, with its secrets withheld. */
export interface StateClaims {
  readonly family: StateFamily;
  /** As in the file; anything but an RFC 3339 time counts as the oldest. */
  readonly lastUpdated: Value;
  readonly claims: readonly StateClaim[];
}

/** A value that was overridden by another file, or by another key of its own file. */
export interface DisplacedClaim {
  readonly path: string;
  readonly family: StateFamily;
  readonly key: string;
  readonly value: Value;
}

/** The claims that were kept and those that were overridden, both by file in the given order. */
export interface SettledClaims {
  readonly kept: readonly (readonly StateClaim[])[];
  readonly displaced: readonly (readonly DisplacedClaim[])[];
}

function ageOf({ lastUpdated }: StateClaims): number {
  return typeof lastUpdated === 'string' ? (parseRfc3339(lastUpdated) ?? -1) : -1;
}

function compareFiles(a: StateClaims, b: StateClaims): number {
  return ageOf(a) - ageOf(b) || FAMILIES.indexOf(a.family) - FAMILIES.indexOf(b.family);
}

/**
 * Decides which of a deployment's files sets each path: the one updated last; if the times are equal or unknown, the
 * file of the special family (azure-state.yaml for `azure.*`), then the later one. Equal values override nothing.
 */
export function settleClaims(files: readonly StateClaims[]): SettledClaims {
  const winners = new Map<string, StateClaim>();
  for (const file of [...files].sort(compareFiles)) {
    for (const claim of file.claims) winners.set(formatStatePath(claim.path), claim);
  }
  const isWinner = (claim: StateClaim) => winners.get(formatStatePath(claim.path)) === claim;
  const kept = files.map(({ claims }) => claims.filter(isWinner));
  const displaced = files.map(({ family, claims }) =>
    claims.flatMap((claim) => {
      const path = formatStatePath(claim.path);
      if (sameValue(winners.get(path)?.value, claim.value)) return [];
      return [{ path, family, key: claim.key, value: claim.value }];
    }),
  );
  return { kept, displaced };
}
