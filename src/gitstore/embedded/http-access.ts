/** How the embedded git reaches a server: token, proxy and certificates, as the git program would. */
import { readFile } from 'node:fs/promises';
import { EnvironmentError } from '../../errors.js';
import { accessToken, tokenVariables } from '../../model/value/access-token.js';
import type { HttpClient } from '../../store/port/means.js';
import { isOn } from '../objects/commit-builder.js';
import { configuredPath } from './git-config.js';
import { decoded, type HttpPlace } from './wire/smart-http.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Config = ReadonlyMap<string, string>;

/** The value of `http.<url>.<key>` whose URL fits best, else of `http.<key>`. */
function httpSetting(config: Config, url: URL, key: string): string | undefined {
  let [best, length] = [config.get(`http.${key}`), -1];
  for (const [name, value] of config) {
    if (!name.startsWith('http.') || !name.endsWith(`.${key}`)) continue;
    const prefix = name.slice('http.'.length, -key.length - 1);
    const isFor = url.href === prefix || url.href.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
    if (isFor && prefix.length > length) [best, length] = [value, prefix.length];
  }
  return best;
}

/** Whether `no_proxy` names a host. */
function isExcepted(host: string, list: string): boolean {
  return list.split(/[\s,]+/).some((name) => {
    const bare = name.replace(/^\*?\./, '').toLowerCase();
    return name === '*' || (bare !== '' && (host === bare || host.endsWith(`.${bare}`)));
  });
}

function proxyOf(config: Config, environment: Environment): (url: URL) => string | null {
  const either = (name: string) => environment[name] ?? environment[name.toUpperCase()];
  return (url) => {
    if (isExcepted(url.hostname.toLowerCase(), either('no_proxy') ?? '')) return null;
    // Servers hand headers of a request to programs as HTTP_…, so http_proxy counts in lower case alone.
    const own = url.protocol === 'https:' ? either('https_proxy') : environment['http_proxy'];
    const proxy = httpSetting(config, url, 'proxy') ?? (own || either('all_proxy'));
    return proxy ? (/^[a-z]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`) : null;
  };
}

async function file(path: string | undefined, setting: string): Promise<Buffer | undefined> {
  if (!path) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new EnvironmentError(`${setting} names the file ${path}, which cannot be read`, {
      cause,
      data: { path },
    });
  }
}

/** A header of git's `http.extraHeader`, such as actions/checkout writes one. */
function extraHeader(text: string | undefined): Record<string, string> {
  const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(text ?? '') ?? [];
  return name && value !== undefined ? { [name]: value } : {};
}

/** Credentials for a URL: those of the configuration, of the environment, or of the URL itself. */
function authorization(address: string, config: Config, environment: Environment): Record<string, string> {
  const url = new URL(address);
  const { username, password } = url;
  // Settings are for URLs without credentials.
  url.username = '';
  url.password = '';
  const extra = extraHeader(httpSetting(config, url, 'extraheader'));
  if (Object.keys(extra).some((name) => name.toLowerCase() === 'authorization')) return extra;
  const token = accessToken(address, tokenVariables(environment), true);
  const known = token
    ? `${token.user}:${token.token}`
    : password
      ? `${decoded(username)}:${decoded(password)}`
      : null;
  if (known === null) return extra;
  return { ...extra, Authorization: `Basic ${Buffer.from(known).toString('base64')}` };
}

/** How to reach the repository at an address. Throws EnvironmentError for files that cannot be read. */
export async function httpAccess(
  address: string,
  config: Config,
  environment: Environment,
  client?: HttpClient,
): Promise<HttpPlace> {
  const url = new URL(address);
  const headers = authorization(address, config, environment);
  url.username = '';
  url.password = '';
  if (client) return { url: url.href, client, headers };
  const setting = (variable: string, key: string) =>
    environment[variable] || configuredPath(httpSetting(config, url, key) ?? '', environment);
  const [ca, cert, key] = await Promise.all([
    file(setting('GIT_SSL_CAINFO', 'sslcainfo'), 'http.sslCAInfo'),
    file(setting('GIT_SSL_CERT', 'sslcert'), 'http.sslCert'),
    file(setting('GIT_SSL_KEY', 'sslkey'), 'http.sslKey'),
  ]);
  const verify = httpSetting(config, url, 'sslverify');
  const isUnverified = isOn(environment['GIT_SSL_NO_VERIFY']) || (verify !== undefined && !isOn(verify));
  const { NodeHttp } = await import('./wire/http-client.js');
  const http = new NodeHttp({ ca, cert, key, isUnverified, proxyFor: proxyOf(config, environment) });
  return { url: url.href, client: http, headers };
}
