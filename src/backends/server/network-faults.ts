import type { Fault } from './server-errors.js';

/** What makes a server refuse or fail before it has seen a request, by the codes of Node's errors. */
const FAULTS: readonly (readonly [code: RegExp, fault: Fault])[] = [
  [
    /^ECONNREFUSED$/,
    {
      kind: 'unreachable',
      cause: 'connection-refused',
      says: 'does not accept connections',
      advice: 'Start the server, or check host and port',
    },
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN|EAI_[A-Z]+)$/,
    {
      kind: 'unreachable',
      cause: 'name',
      says: 'cannot be found by its name',
      advice: 'Check the host name, and that this machine resolves it',
    },
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    {
      kind: 'denied',
      cause: 'certificate-host',
      says: 'has a certificate for another host',
      advice: 'Use the host name that the certificate has',
    },
  ],
  [
    /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    {
      kind: 'denied',
      cause: 'certificate-expired',
      says: 'has a certificate that is not valid now',
      advice: 'Renew the certificate of the server, or correct the clock of this machine',
    },
  ],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+|CERT_[A-Z_]+)$/,
    {
      kind: 'denied',
      cause: 'certificate-authority',
      says: 'has a certificate that this machine does not trust',
      advice: 'Name the authority that signed it: tls.ca',
    },
  ],
  [
    /^ERR_SSL_\w*(ALERT_CERTIFICATE|CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA)\w*$/,
    {
      kind: 'denied',
      cause: 'certificate-client',
      says: 'does not accept the certificate of this client',
      advice: 'Give a certificate and key that the server accepts: tls.cert and tls.key',
    },
  ],
  [
    /^(EPROTO|ERR_SSL_\w+)$/,
    {
      kind: 'denied',
      cause: 'tls',
      says: 'does not speak TLS as expected',
      advice: 'Check whether the port expects TLS, and whether tls is set',
    },
  ],
];

const NETWORK: Fault = {
  kind: 'unreachable',
  cause: 'network',
  says: 'cannot be reached',
  advice: 'Check the network, and run the command again',
};

/** A connection that could not be made in time. */
export const CONNECT_TIMEOUT: Fault = {
  kind: 'unreachable',
  cause: 'timeout',
  says: 'did not accept a connection in time',
  advice: 'Check the network, or raise the time limit: KGIT_TIMEOUT',
};

/** A request that was sent and not answered in time. */
export const ANSWER_TIMEOUT: Fault = {
  kind: 'unknown',
  cause: 'timeout',
  says: 'did not answer in time',
  advice: 'Run the command again: kgit finds out whether the write was carried out',
};

/** A connection that broke after a request was sent. */
export const BROKEN_OFF: Fault = {
  kind: 'unknown',
  cause: 'broken-off',
  says: 'closed the connection before it answered',
  advice: 'Run the command again: kgit finds out whether the write was carried out',
};

/** The fault of a connection that could not be made. */
export function connectFault(error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return FAULTS.find(([pattern]) => pattern.test(code))?.[1] ?? NETWORK;
}

/** What the system says about an error, for messages. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An attempt at several addresses of a host fails with a list and no words.
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
