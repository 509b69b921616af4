import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';

/** A key and certificate of a server, signed by an authority of its own. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
  /** Path of the authority's certificate, for `http.sslCAInfo`. */
  readonly authority: string;
}

function openssl(folder: string, ...args: string[]): void {
  try {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new Error('The tests of transports need the openssl program (Debian: openssl)', { cause });
  }
}

/** A certificate for 127.0.0.1 and localhost; `names` and `days` make one that is wrong (days 0 is expired at once). */
export function serverCertificate(
  names = 'IP:127.0.0.1,DNS:localhost',
  validity: readonly string[] = ['-days', '1'],
): ServerCertificate {
  const folder = temporaryFolder('kgit-certificates-');
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-subj', '/CN=kgit test authority', '-keyout', 'ca.key', '-out', 'ca.pem'];
  openssl(folder, 'req', '-x509', ...ec, '-days', '2', ...authority);
  openssl(folder, 'req', ...ec, '-subj', '/CN=kgit test server', '-keyout', 'key.pem', '-out', 'csr.pem');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names}\n`);
  const sign = [
    '-in',
    'csr.pem',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'names',
  ];
  openssl(folder, 'x509', '-req', ...sign, ...validity, '-out', 'cert.pem');
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { key: text('key.pem'), cert: text('cert.pem'), authority: join(folder, 'ca.pem') };
}

/** A key and certificate of a client, signed by the authority of a server's, for a user of this name. */
export function clientCertificate(
  { authority }: ServerCertificate,
  name: string,
): { key: string; cert: string } {
  const folder = dirname(authority);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(folder, 'req', ...ec, '-subj', `/CN=${name}`, '-keyout', 'client.key', '-out', 'client.csr');
  writeFileSync(join(folder, 'usage'), 'extendedKeyUsage=clientAuth\n');
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'usage', '-days', '1'];
  openssl(folder, 'x509', '-req', '-in', 'client.csr', ...by, '-out', 'client.pem');
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  return { key: text('client.key'), cert: text('client.pem') };
}
