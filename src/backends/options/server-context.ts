import type { DriverContext } from '../../store/port/driver.js';
import { readSecret, readTlsFiles, type TlsFiles } from './secret-files.js';

/** Values of the options that servers share. */
interface Login {
  readonly 'tls.ca': string | undefined;
  readonly 'tls.cert': string | undefined;
  readonly 'tls.key': string | undefined;
}

/**
 * Reads what a server needs to know the user. Throws EnvironmentError.
 * @param secret the literal one, the file that may hold it, and the name of the option for that file
 * @param isTls whether the address asks for TLS
 */
export async function readLogin(
  { cwd }: Pick<DriverContext, 'cwd'>,
  driver: string,
  tls: Login,
  secret: {
    readonly literal: string | undefined;
    readonly file: string | undefined;
    readonly option: string;
  },
  isTls: boolean,
): Promise<{ readonly secret: string; readonly tls: TlsFiles | undefined }> {
  const files = await readTlsFiles(tls, cwd, driver);
  return {
    secret: (await readSecret(secret.literal, secret.file, cwd, `${driver}.${secret.option}`)) ?? '',
    tls: files ?? (isTls ? {} : undefined),
  };
}

/** Whether a host is this machine, so that nobody else hears what is sent. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** Warns of a secret that is sent over a network without TLS. */
export function warnOfPlainSecret(
  { warn }: Pick<DriverContext, 'warn'>,
  driver: string,
  hosts: readonly string[],
  login: { readonly secret: string; readonly tls: TlsFiles | undefined },
): void {
  if (login.secret === '' || login.tls !== undefined || hosts.every(isLoopback)) return;
  warn?.(
    `the ${driver} server is sent a secret without TLS, so others on the network can read it: set ${driver}.tls.ca`,
  );
}
