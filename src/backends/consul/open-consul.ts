import { UsageError } from '../../errors.js';
import type { Driver, DriverContext } from '../../store/port/driver.js';
import { openKeyed } from '../keyed/open-keyed.js';
import { CONSUL_OPTIONS } from '../options/consul.js';
import { optionValues } from '../options/option.js';
import { parseHostPort, parseServerAddress } from '../options/server-address.js';
import { readLogin, warnOfPlainSecret } from '../options/server-context.js';
import { hostPort } from '../server/server-place.js';
import { ConsulKeySpace } from './consul-key-space.js';
import type { ConsulOptions } from './consul-options.js';

const EXAMPLE = 'consul://HOST:8500/DATACENTER#STORE, or consuls:// for TLS';
const PORT = 8500;

/** Host and port of the option `address`, which may be a URL as in CONSUL_HTTP_ADDR. Throws UsageError. */
function addressOf(text: string) {
  const found = parseHostPort(text.replace(/^https?:\/\//, '').replace(/\/$/, ''), PORT);
  if (found) return found;
  throw new UsageError(`consul.address: ${JSON.stringify(text.slice(0, 80))} is not HOST:PORT`);
}

async function optionsOf(context: DriverContext): Promise<ConsulOptions> {
  const values = optionValues(CONSUL_OPTIONS, context.options);
  const address = context.place === undefined ? null : parseServerAddress(context.place, EXAMPLE);
  const named = values.address || 'localhost';
  const place = address?.host ? { host: address.host, port: address.port ?? PORT } : addressOf(named);
  const login = await readLogin(
    context,
    'consul',
    values,
    { literal: values.token, file: values.token_file, option: 'token_file' },
    address?.host ? address.scheme === 'consuls' : named.startsWith('https://'),
  );
  warnOfPlainSecret(context, 'consul', [place.host], login);
  return {
    ...place,
    datacenter: address?.path ?? values.datacenter ?? '',
    token: login.secret,
    tls: login.tls,
    store: address?.store ?? context.store,
  };
}

/** Opens a store in a Consul datacenter. Connects when it is first asked. Throws UsageError, EnvironmentError. */
export const openConsul: Driver = async (context) => {
  const options = await optionsOf(context);
  const place = { path: `Consul at ${hostPort(options)}`, name: options.store, isRemote: true };
  const space = new ConsulKeySpace(options);
  return openKeyed(space, place, context, (inspection) => [
    {
      name: 'server',
      look: async () => {
        const { consulChecks } = await import('./consul-checks.js');
        const { clockCheck, timeOf } = await import('../doctor/server-clock.js');
        const facts = await space.facts(inspection.timeout);
        return [...consulChecks(facts), clockCheck(inspection, timeOf(facts.date))];
      },
    },
  ]);
};
