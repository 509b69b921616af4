import { Flags, type Interfaces } from '@oclif/core';
import { UsageError } from '../../errors.js';
import { parseDuration } from '../../model/value/time.js';

/** Flags of `kgit serve` besides those of every command that queries a cluster. */
export const SERVE_FLAGS = {
  listen: Flags.string({
    helpValue: 'ADDRESS:PORT',
    default: '127.0.0.1:7467',
    summary: 'Where to listen. Port 0 is a free one.',
  }),
  refresh: Flags.string({
    helpValue: 'DURATION',
    default: '15s',
    summary: 'How old the last fetch of the repository may become.',
  }),
  'token-file': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FILE',
    summary: 'Let in whoever has the token in this file.',
  }),
  'trusted-proxy-header': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'NAME',
    summary: 'Let in requests with this header, which a proxy sets after a sign-in.',
  }),
  'allowed-host': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'A name by which users reach the server through a proxy.',
  }),
  'hook-secret-file': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FILE',
    summary: 'Take webhooks of forges that share the secret in this file.',
  }),
  'tls-cert': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FILE',
    dependsOn: ['tls-key'],
    summary: 'Certificate with its chain, as PEM, for HTTPS.',
  }),
  'tls-key': Flags.string({
    helpGroup: 'ACCESS',
    helpValue: 'FILE',
    dependsOn: ['tls-cert'],
    summary: 'Key of the certificate, as PEM.',
  }),
};

export type ServeFlags = Interfaces.InferredFlags<typeof SERVE_FLAGS>;

const LEAST_MS = 1_000;
const MOST_MS = 3_600_000;

/** Parses --refresh into ms. Throws UsageError. */
export function refreshOf({ refresh }: Pick<ServeFlags, 'refresh'>): number {
  const ms = parseDuration(refresh);
  if (ms >= LEAST_MS && ms <= MOST_MS) return ms;
  throw new UsageError(`--refresh ${JSON.stringify(refresh.slice(0, 40))} is not between 1s and 1h`, {
    data: { flag: 'refresh' },
  });
}
