import { UsageError } from '../../errors.js';
import type { Driver, DriverContext } from '../../store/port/driver.js';
import { openKeyed } from '../keyed/open-keyed.js';
import { ETCD_OPTIONS } from '../options/etcd.js';
import { optionValues } from '../options/option.js';
import { parseHostPort, parseServerAddress } from '../options/server-address.js';
import { readLogin, warnOfPlainSecret } from '../options/server-context.js';
import { EtcdKeySpace } from './etcd-key-space.js';
import { type EtcdOptions, etcdPlace } from './etcd-options.js';

const EXAMPLE = 'etcd://HOST:2379#STORE, or etcds:// for TLS';
const PORT = 2379;
const SECURE = /^https:\/\//;

function endpointOf(text: string) {
  // etcdctl and others write endpoints as URLs.
  const found = parseHostPort(text.replace(/^https?:\/\//, '').replace(/\/$/, ''), PORT);
  if (found) return found;
  throw new UsageError(`etcd.endpoints: ${JSON.stringify(text.slice(0, 80))} is not HOST:PORT`);
}

async function optionsOf(context: DriverContext): Promise<EtcdOptions> {
  const values = optionValues(ETCD_OPTIONS, context.options);
  const address = context.place === undefined ? null : parseServerAddress(context.place, EXAMPLE);
  const named = values.endpoints?.length ? values.endpoints : [`localhost:${PORT}`];
  const endpoints = address?.host
    ? [{ host: address.host, port: address.port ?? PORT }]
    : named.map(endpointOf);
  const isTls = address?.host ? address.scheme === 'etcds' : named.some((text) => SECURE.test(text));
  const login = await readLogin(
    context,
    'etcd',
    values,
    { literal: values.password, file: values.password_file, option: 'password_file' },
    isTls,
  );
  warnOfPlainSecret(
    context,
    'etcd',
    endpoints.map(({ host }) => host),
    login,
  );
  return {
    endpoints,
    username: address?.username ?? values.username ?? '',
    password: login.secret,
    tls: login.tls,
    store: address?.store ?? context.store,
  };
}

/** Opens a store on an etcd cluster. Connects when it is first asked. Throws UsageError, EnvironmentError. */
export const openEtcd: Driver = async (context) => {
  const options = await optionsOf(context);
  const place = { path: `etcd at ${etcdPlace(options)}`, name: options.store, isRemote: true };
  const space = new EtcdKeySpace(options);
  return openKeyed(space, place, context, (inspection) => [
    {
      name: 'server',
      look: async () => {
        const { etcdChecks } = await import('./etcd-checks.js');
        return etcdChecks(await space.facts(inspection.timeout));
      },
    },
    {
      name: 'clock',
      look: async () => {
        const { clockCheck, serverTime } = await import('../doctor/server-clock.js');
        const [first] = options.endpoints;
        const time = first && (await serverTime(first, options.tls, '/version', inspection.timeout));
        return [clockCheck(inspection, time ?? null)];
      },
    },
  ]);
};
