import { sample } from '../../k0rdent/support.js';
import type { KubeObject } from './objects.js';

/** Clusters as real ones are in the states through which the tests of watches take them. */
export const LIKE = {
  Ready: sample('cld-01-azure-healthy.yaml'),
  ServicesPending: sample('cld-13-kof-child-azure-services-progressing.yaml'),
  ServicesFailed: sample('cld-18-openstack-service-failed.yaml'),
} as const satisfies Readonly<Record<string, KubeObject>>;

export type FleetState = keyof typeof LIKE;

/** A status of that state, in which all conditions and services are so since `time`, to the second. */
export function statusSince(state: FleetState, time: Date): object {
  const status = LIKE[state]['status'] as { conditions: object[]; services?: object[] };
  const since = time.toISOString().replace(/\.\d+/, '');
  return {
    ...status,
    conditions: status.conditions.map((one) => ({ ...one, lastTransitionTime: since })),
    services: (status.services ?? []).map((one) => ({ ...one, lastStateTransitionTime: since })),
  };
}
