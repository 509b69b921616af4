import { createSecureContext } from 'node:tls';
import { EnvironmentError } from '../../errors.js';

/** A certificate with its chain, and its key, as PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** Checks that a certificate and a key belong together. Throws EnvironmentError. */
export function parseTlsPair([cert = '', key = '']: readonly string[]): TlsPair {
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    // The cause could quote the key.
    throw new EnvironmentError('--tls-cert and --tls-key hold no certificate and its key as PEM', {
      cause,
      suggestions: ['Check that the key belongs to the certificate'],
    });
  }
  return { cert, key };
}
