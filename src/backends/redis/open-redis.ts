import { UsageError } from '../../errors.js';
import type { Driver, DriverContext } from '../../store/port/driver.js';
import { openKeyed } from '../keyed/open-keyed.js';
import { optionValues } from '../options/option.js';
import { REDIS_OPTIONS } from '../options/redis.js';
import { parseHostPort, parseServerAddress } from '../options/server-address.js';
import { readLogin, warnOfPlainSecret } from '../options/server-context.js';
import type { HostPort } from '../server/server-place.js';
import { redisChecks } from './redis-checks.js';
import { RedisKeySpace } from './redis-key-space.js';
import { type RedisOptions, redisPlace } from './redis-options.js';

const EXAMPLE = 'redis://HOST:6379/0#STORE, or rediss:// for TLS';
const SENTINEL_PORT = 26_379;

function sentinelsOf(texts: readonly string[]): readonly HostPort[] {
  return texts.map((text) => {
    const found = parseHostPort(text, SENTINEL_PORT);
    if (found) return found;
    throw new UsageError(`redis.sentinels: ${JSON.stringify(text.slice(0, 80))} is not HOST:PORT`);
  });
}

/** Database of an address. Throws UsageError. */
function databaseOf(path: string | undefined): number | undefined {
  if (path === undefined) return undefined;
  if (/^\d{1,5}$/.test(path)) return Number(path);
  throw new UsageError(`${JSON.stringify(path.slice(0, 80))} is not the number of a Redis database`, {
    suggestions: [`Write the address as ${EXAMPLE}`],
  });
}

async function optionsOf(context: DriverContext): Promise<RedisOptions> {
  const values = optionValues(REDIS_OPTIONS, context.options);
  const address = context.place === undefined ? null : parseServerAddress(context.place, EXAMPLE);
  const sentinels = address?.host === undefined ? sentinelsOf(values.sentinels ?? []) : [];
  if (sentinels.length > 0 && !values.master)
    throw new UsageError('redis.sentinels needs redis.master, the name by which they know the master');
  const login = await readLogin(
    context,
    'redis',
    values,
    { literal: values.password, file: values.password_file, option: 'password_file' },
    address?.scheme === 'rediss',
  );
  const host = address?.host ?? (values.host || 'localhost');
  warnOfPlainSecret(
    context,
    'redis',
    sentinels.length > 0 ? sentinels.map((one) => one.host) : [host],
    login,
  );
  return {
    host,
    port: address?.port ?? values.port ?? 6379,
    database: databaseOf(address?.path) ?? values.database ?? 0,
    username: address?.username ?? values.username ?? '',
    password: login.secret,
    tls: login.tls,
    sentinels,
    master: values.master ?? '',
    waitReplicas: values.wait_replicas ?? 0,
    durability: values.durability ?? 'required',
    store: address?.store ?? context.store,
  };
}

/** Opens a store on a Redis or Valkey server. Connects when it is first asked. Throws UsageError, EnvironmentError. */
export const openRedis: Driver = async (context) => {
  const options = await optionsOf(context);
  const place = { path: `Redis at ${redisPlace(options)}`, name: options.store, isRemote: true };
  const space = new RedisKeySpace(options);
  return openKeyed(space, place, context, ({ timeout }) => [
    { name: 'server', look: async () => redisChecks(await space.facts(timeout)) },
  ]);
};
