import { isMap, type Value } from '../../model/value/value.js';

const DRY_RUN = /(^|[\s,])DryRun: true($|[\s,])/;

/**
 * The indexes of entries about a dry run. The scripts log a creation even in a dry run, and say so in the entry that
 * follows: `cluster_config_recorded`, "…, DryRun: true". A creation that did not happen must not count, so both entries
 * are dry runs.
 */
export function dryRunEntries(entries: readonly Value[]): ReadonlySet<number> {
  const places = new Set<number>();
  let created: number | null = null;
  entries.forEach((entry, index) => {
    if (!isMap(entry)) return;
    if (entry['action'] === 'cluster_deployment_created') created = index;
    if (entry['action'] !== 'cluster_config_recorded') return;
    if (DRY_RUN.test(String(entry['message']))) {
      places.add(index);
      if (created !== null) places.add(created);
    }
    created = null;
  });
  return places;
}
