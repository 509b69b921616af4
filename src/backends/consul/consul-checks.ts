import { type Check, finding, mebibytes, passed } from '../../model/value/check.js';
import { isAtLeast } from '../doctor/versions.js';

/** What an agent tells about itself. */
export interface ConsulFacts {
  /** Null if the token may not ask for it. */
  readonly version: string | null;
  readonly hasLeader: boolean;
  /** Most bytes of a value and of a transaction; null if the token may not ask for them. */
  readonly maxValueBytes: number | null;
  readonly maxTransactionBytes: number | null;
  /** Its time, as HTTP tells it. */
  readonly date: string | undefined;
}

const OLDEST = [1, 14] as const;
/** Consul's own limit of values and transactions, which kgit fills, in bytes. */
const NEEDED = 524_288;

/** Judges what an agent tells about itself, for `kgit doctor`. */
export function consulChecks(facts: ConsulFacts): readonly Check[] {
  return [agent(facts), limits(facts)];
}

function agent({ version, hasLeader }: ConsulFacts): Check {
  const detail = version === null ? 'Consul; this token may not ask for its version' : `Consul ${version}`;
  if (!hasLeader) return finding('server', `${detail}, without a leader`, 'Start the missing servers');
  if (version !== null && isAtLeast(version, OLDEST) === false)
    return finding('server', `${detail} is older than ${OLDEST.join('.')}`, 'Upgrade Consul');
  return passed('server', detail);
}

function limits({ maxValueBytes, maxTransactionBytes }: ConsulFacts): Check {
  if (maxValueBytes === null || maxTransactionBytes === null)
    return passed('limits', 'this token may not ask for them');
  const least = Math.min(maxValueBytes, maxTransactionBytes);
  const detail = `values up to ${mebibytes(maxValueBytes)}, transactions up to ${mebibytes(maxTransactionBytes)}`;
  return least >= NEEDED
    ? passed('limits', detail)
    : finding(
        'limits',
        `${detail}: kgit needs ${mebibytes(NEEDED)} of both`,
        'Remove kv_max_value_size and txn_max_req_len from the settings of Consul',
      );
}
