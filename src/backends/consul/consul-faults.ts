import { BROKEN_OFF } from '../server/network-faults.js';
import type { Fault } from '../server/server-errors.js';

/** A token that may not do what was asked. */
export const FORBIDDEN: Fault = {
  kind: 'denied',
  cause: 'forbidden',
  says: 'does not let the token do this',
  advice: "Give the token's policy key_prefix … write for the prefix of the store",
};

const NO_LEADER: Fault = {
  kind: 'unreachable',
  cause: 'no-leader',
  says: 'has no leader now',
  advice: 'See whether most servers of the datacenter run, then run the command again',
};

const TOO_LARGE: Fault = {
  kind: 'refused',
  cause: 'too-large',
  says: 'does not take a write of this size',
  advice: 'Use Consul 1.14 or later, with txn_max_req_len and kv_max_value_size at their defaults or higher',
};

/** An answer that is none of Consul's. */
export const NO_CONSUL: Fault = {
  kind: 'unreachable',
  cause: 'protocol',
  says: 'answers with something that is not of Consul',
  advice: 'Check the address, and whether a proxy or a login page stands in between',
};

/** The fault of an answer that is no success, by its status and text. */
export function consulFault(status: number, text: string): Fault {
  if (status === 401 || /ACL not found/i.test(text))
    return {
      kind: 'denied',
      cause: 'unauthorized',
      says: 'does not accept the token',
      advice: 'Check the token: token_file or KGIT_CONSUL_TOKEN',
    };
  if (status === 403 || /permission denied/i.test(text)) return FORBIDDEN;
  if (status === 413 || /too many operations|request body too large|exceeds .*limit/i.test(text))
    return TOO_LARGE;
  if (/no cluster leader|no path to datacenter|not ready to serve/i.test(text)) return NO_LEADER;
  if (status === 429)
    return {
      kind: 'unreachable',
      cause: 'rate-limit',
      says: 'takes no more requests now',
      advice: 'Run the command again in a while',
    };
  // Consul answers 500 also when it does not know how a write ended.
  return status >= 500 ? { ...BROKEN_OFF, cause: 'server-error', says: 'failed' } : NO_CONSUL;
}
