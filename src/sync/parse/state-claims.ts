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

/** What a state file says, its secrets withheld. */
export interface StateClaims {
  readonly family: StateFamily;
  /** As the file has it; anything but an RFC 3339 time counts as the oldest. */
  readonly lastUpdated: Value;
  readonly claims: readonly StateClaim[];
}

/** A value that gave way to that of another file, or of another key of its own file. */
export interface DisplacedClaim {
  readonly path: string;
  readonly family: StateFamily;
  readonly key: string;
  readonly value: Value;
}

/** The claims that hold, file by file in the order of the files given, and those that gave way. */
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
 * Decides which of the files of one deployment sets each path: the one updated last; where that is the same
 * or unknown, the file of the special family (azure-state.yaml for `azure.*`), then the later one. Equal
 * values displace nothing.
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
