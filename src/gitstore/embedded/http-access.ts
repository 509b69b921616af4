/** How the embedded git reaches a server: token, proxy and certificates, as the git program would. */
import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { EnvironmentError } from '../../errors.js';
import { accessToken, tokenVariables } from '../../model/value/access-token.js';
import type { HttpClient } from '../../store/port/means.js';
import { isOn } from '../objects/commit-builder.js';
import { withoutCredentials } from '../process/git.js';
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

/** Whether a network in CIDR notation, such as 10.0.0.0/8, contains an address. */
function isInNetwork(address: string, network: string): boolean {
  const [, base = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(network) ?? [];
  const family = isIP(base);
  if (family === 0 || isIP(address) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const networks = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  networks.addSubnet(base, Number(bits), type);
  return networks.check(address, type);
}

/** Whether `no_proxy` names a host: itself, a domain that it is in, or a network. */
function isExcepted(host: string, list: string): boolean {
  return list.split(/[\s,]+/).some((name) => {
    const bare = name.replace(/^\*?\./, '').toLowerCase();
    if (name === '*') return true;
    return bare !== '' && (host === bare || host.endsWith(`.${bare}`) || isInNetwork(host, bare));
  });
}

function proxyOf(config: Config, environment: Environment): (url: URL) => string | null {
  const either = (name: string) => environment[name] ?? environment[name.toUpperCase()];
  return (url) => {
    const host = url.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    if (isExcepted(host, either('no_proxy') ?? '')) return null;
    // Servers hand headers of a request to programs as HTTP_…, so http_proxy counts in lower case alone.
    const own = url.protocol === 'https:' ? either('https_proxy') : environment['http_proxy'];
    // An empty one stands for none.
    const proxy = httpSetting(config, url, 'proxy') ?? own ?? either('all_proxy');
    return proxy ? (/^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`) : null;
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
function authorization(
  address: string,
  config: Config,
  environment: Environment,
): Pick<HttpPlace, 'headers' | 'login'> {
  const url = new URL(address);
  const { username, password } = url;
  // Settings are for URLs without credentials.
  url.username = '';
  url.password = '';
  const extra = extraHeader(httpSetting(config, url, 'extraheader'));
  if (Object.keys(extra).some((name) => name.toLowerCase() === 'authorization'))
    return { headers: extra, login: 'extra-header' };
  const token = accessToken(address, tokenVariables(environment), true);
  const known = token
    ? `${token.user}:${token.token}`
    : password
      ? `${decoded(username)}:${decoded(password)}`
      : null;
  if (known === null) return { headers: extra, login: null };
  const basic = `Basic ${Buffer.from(known).toString('base64')}`;
  return { headers: { ...extra, Authorization: basic }, login: 'basic' };
}

/** How to reach the repository at an address. Throws EnvironmentError for what is no URL, and for files that cannot be read. */
export async function httpAccess(
  address: string,
  config: Config,
  environment: Environment,
  client?: HttpClient,
): Promise<HttpPlace> {
  if (!URL.canParse(address))
    throw new EnvironmentError(`${withoutCredentials(address)} is not a URL`, {
      suggestions: [
        'Correct it: in --repo, in the settings, or as remote.*.url in the configuration of the clone',
      ],
      data: { address: withoutCredentials(address) },
    });
  const url = new URL(address);
  const access = authorization(address, config, environment);
  url.username = '';
  url.password = '';
  if (client) return { url: url.href, client, ...access };
  const setting = (variable: string, key: string) =>
    environment[variable] || configuredPath(httpSetting(config, url, key) ?? '', environment);
  const [ca, cert, key] = await Promise.all([
    file(setting('GIT_SSL_CAINFO', 'sslcainfo'), 'http.sslCAInfo'),
    file(setting('GIT_SSL_CERT', 'sslcert'), 'http.sslCert'),
    file(setting('GIT_SSL_KEY', 'sslkey'), 'http.sslKey'),
  ]);
  const verify = httpSetting(config, url, 'sslverify');
  // A value that is neither on nor off, at which git fails, leaves the check on.
  const isOff = verify !== undefined && /^(false|no|off|0*)$/i.test(verify);
  const isUnverified = isOn(environment['GIT_SSL_NO_VERIFY']) || isOff;
  const { NodeHttp } = await import('./wire/http-client.js');
  const http = new NodeHttp({ ca, cert, key, isUnverified, proxyFor: proxyOf(config, environment) });
  return { url: url.href, client: http, ...access };
}
