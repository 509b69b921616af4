import { status } from '@grpc/grpc-js';
import { BROKEN_OFF, connectFault } from '../server/network-faults.js';
import type { Fault } from '../server/server-errors.js';

/** What etcd and the gRPC library say when a request fails. The first row that matches counts. */
const FAULTS: readonly (readonly [says: RegExp, fault: Fault])[] = [
  [
    /database space exceeded/,
    {
      kind: 'refused',
      cause: 'space',
      says: 'has used up its space',
      advice: 'Compact and defragment etcd or raise its quota, then end the alarm: etcdctl alarm disarm',
    },
  ],
  [
    /request is too large|too many operations in txn/,
    {
      kind: 'refused',
      cause: 'too-large',
      says: 'does not take a write of this size',
      advice: 'Leave --max-request-bytes and --max-txn-ops of etcd at their defaults, or raise them',
    },
  ],
  [
    /authentication failed|user name is empty|user name not found/,
    {
      kind: 'denied',
      cause: 'unauthorized',
      says: 'does not accept the user and password',
      advice: 'Check user and password: username, and password_file or KGIT_ETCD_PASSWORD',
    },
  ],
  [
    /authentication is not enabled/,
    {
      kind: 'denied',
      cause: 'no-users',
      says: 'has no users, though a user is set',
      advice: 'Enable authentication in etcd, or remove username',
    },
  ],
  [
    /permission denied/,
    {
      kind: 'denied',
      cause: 'forbidden',
      says: 'does not let the user do this',
      advice: "Give the user's role the rights to read and write below the prefix of the store",
    },
  ],
  [
    /etcdserver: (no leader|not capable|server stopped|too many requests|rpc not supported for learner)|mvcc: required revision is a future/,
    {
      kind: 'unreachable',
      cause: 'no-leader',
      says: 'cannot serve requests now',
      advice: 'See whether most members of the cluster run, then run the command again',
    },
  ],
  [
    /etcdserver: (request timed out|leader changed|raft proposal dropped)/,
    {
      kind: 'unknown',
      cause: 'server-timeout',
      says: 'did not finish the request in time',
      advice: 'See whether most members of the cluster run, then run the command again',
    },
  ],
];

/** Codes of Node's errors, by the words that the gRPC library keeps of them. */
const CODES: readonly (readonly [says: RegExp, code: string])[] = [
  [/ECONNREFUSED/, 'ECONNREFUSED'],
  [/Name resolution failed|ENOTFOUND/, 'ENOTFOUND'],
  [/does not match certificate's altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/certificate has expired/, 'CERT_HAS_EXPIRED'],
  [/certificate is not yet valid/, 'CERT_NOT_YET_VALID'],
  [/self[- ]signed certificate|unable to (verify|get)/, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [
    /alert (bad certificate|certificate required|unknown ca)|certificate required/i,
    'ERR_SSL_CERTIFICATE_REQUIRED',
  ],
  [/wrong version number|packet length too long|EPROTO/i, 'EPROTO'],
];

/** The fault of a connection that could not be made, by the words of the gRPC library. */
export function etcdConnectFault(words: string): Fault {
  const code = CODES.find(([pattern]) => pattern.test(words))?.[1] ?? '';
  return connectFault(Object.assign(new Error(words), { code }));
}

/** Whether a token has to be asked for anew; the request was not carried out. */
export function isTokenOld(words: string): boolean {
  return /invalid auth token|revision of auth store is old/.test(words);
}

/** The fault of a request, by its status and words. */
export function etcdFault(code: status, words: string): Fault {
  const known = FAULTS.find(([pattern]) => pattern.test(words))?.[1];
  if (known) return known;
  if (code === status.UNAVAILABLE && /^(No connection established|Name resolution failed)/.test(words))
    return etcdConnectFault(words);
  if (code === status.UNAVAILABLE && /certificate required|bad certificate/i.test(words))
    return etcdConnectFault(words);
  if (code === status.UNIMPLEMENTED)
    return {
      kind: 'denied',
      cause: 'unsupported',
      says: 'does not speak the API of etcd 3',
      advice: 'Check the endpoints; use etcd 3.4 or later',
    };
  return BROKEN_OFF;
}
