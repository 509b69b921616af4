import { formatClaims, type LeaseClaim } from '../model/lease/lease.js';

/** The variable by which a command that is run under leases knows them; nothing where there are none. */
export function leaseVariable(claims: readonly LeaseClaim[]): Record<string, string> {
  return claims.length > 0 ? { KGIT_LEASE: formatClaims(claims) } : {};
}
