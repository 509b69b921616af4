import type { ComponentType } from 'preact';
import type { IconName } from '../parts/icons.js';

/** What a view gets: the names in its path, behind the first one. */
export interface ViewProps {
  readonly names: readonly string[];
}
export type View = ComponentType<ViewProps>;

/** A kind of address, and the code of its view, which is loaded when it is opened first. */
export interface Route {
  /** The first name of the path. */
  readonly head: string;
  /** How many names follow. */
  readonly count: number;
  readonly load: () => Promise<View>;
}

export const ROUTES: readonly Route[] = [
  { head: 'clusters', count: 0, load: async () => (await import('../views/fleet/fleet.js')).Fleet },
  { head: 'clusters', count: 3, load: async () => (await import('../views/cluster/cluster.js')).ClusterView },
  {
    head: 'deployments',
    count: 0,
    load: async () => (await import('../views/deployments/deployments.js')).Deployments,
  },
  {
    head: 'deployments',
    count: 1,
    load: async () => (await import('../views/deployments/deployment.js')).DeploymentView,
  },
  { head: 'timeline', count: 0, load: async () => (await import('../views/timeline/timeline.js')).Timeline },
  { head: 'locks', count: 0, load: async () => (await import('../views/locks/locks.js')).Locks },
];

/** The tabs of the page. */
export const TABS: readonly { readonly head: string; readonly title: string; readonly icon: IconName }[] = [
  { head: 'clusters', title: 'Fleet', icon: 'fleet' },
  { head: 'deployments', title: 'Deployments', icon: 'layers' },
  { head: 'timeline', title: 'Timeline', icon: 'timeline' },
  { head: 'locks', title: 'Locks', icon: 'lock' },
];

/** The route of the names in a path; `/` is the fleet. */
export function routeOf(names: readonly string[]): Route | undefined {
  const [head = 'clusters', ...rest] = names;
  return ROUTES.find((route) => route.head === head && route.count === rest.length);
}
