import { type Check, finding, mebibytes, passed } from '../../model/value/check.js';
import { isAtLeast } from '../doctor/versions.js';
import type { EtcdFacts } from './etcd-key-space.js';

const OLDEST = [3, 4] as const;
/** Limit of the database where none is set, in bytes. */
const DEFAULT_QUOTA = 2 * 1024 ** 3;
/** Share of the limit from which a server is nearly full. */
const NEARLY_FULL = 0.8;

/** Judges what a server tells about itself, for `kgit doctor`. */
export function etcdChecks(facts: EtcdFacts): readonly Check[] {
  return [server(facts), quota(facts), ...alarms(facts)];
}

function server({ version, hasLeader }: EtcdFacts): Check {
  const detail = `etcd ${version}`;
  if (!hasLeader) return finding('server', `${detail}, without a leader`, 'Start the missing members');
  if (isAtLeast(version, OLDEST) === false)
    return finding('server', `${detail} is older than ${OLDEST.join('.')}`, 'Upgrade etcd');
  return passed('server', detail);
}

function quota({ size, quota: limit }: EtcdFacts): Check {
  const of = limit ?? DEFAULT_QUOTA;
  const detail = `${mebibytes(size)} of ${mebibytes(of)} used${limit === null ? ", if the limit is etcd's default" : ''}`;
  return size < of * NEARLY_FULL
    ? passed('quota', detail)
    : finding(
        'quota',
        `${detail}; a full cluster refuses writes`,
        'Compact and defragment it (etcdctl compact, etcdctl defrag), or raise --quota-backend-bytes',
      );
}

function alarms({ alarms: raised }: EtcdFacts): Check[] {
  if (raised.length === 0) return [];
  return [
    finding('alarms', raised.join('; '), 'Mend the cause, then: etcdctl alarm list, etcdctl alarm disarm'),
  ];
}
