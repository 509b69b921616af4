/** What a legacy file is, by its name: one row per name that the scripts of k0rdent-azure-setup write. */

/** The families that are imported, in the order in which their state is merged. */
export const FAMILIES = [
  'deployment-state',
  'azure-state',
  'kof-state',
  'deployment-events',
  'azure-events',
  'kof-events',
  'cluster-events',
] as const;
export type Family = (typeof FAMILIES)[number];
/** The families that hold state; each is a mapping of keys. */
export type StateFamily = Extract<Family, `${string}-state`>;

/** What a name says: a family, a shape that is known and not imported, or nothing that concerns state. */
export type Recognised =
  | { readonly kind: 'family'; readonly family: Family }
  | { readonly kind: 'unsupported'; readonly why: string }
  | { readonly kind: 'ignored' };

const RECOGNISERS: readonly (readonly [RegExp, Recognised])[] = [
  ...FAMILIES.filter((family) => family !== 'cluster-events').map(
    (family) => [new RegExp(`^${family}\\.yaml$`), { kind: 'family', family }] as const,
  ),
  [/^cluster-.+-events\.yaml$/, { kind: 'family', family: 'cluster-events' }],
  [
    /^cluster-.+-state\.yaml$/,
    { kind: 'unsupported', why: 'cluster state is not imported: k0rdent is its source of truth' },
  ],
  [/^deployment-history\.yaml$/, { kind: 'unsupported', why: 'the deployment history is not imported' }],
  [
    /_\d{8}_\d{6}_.*\.yaml$/,
    { kind: 'unsupported', why: 'a backup of state or events in one file is not imported' },
  ],
  // The notifier's test mode writes invented events beside its pid, log and counter files.
  [/^test-deployment-events\.yaml$/, { kind: 'ignored' }],
  [/\.ya?ml$/, { kind: 'unsupported', why: 'not a state or event file that the scripts write' }],
];

/** What a file of this name is; 'ignored' for every name that is no YAML file's. */
export function recogniseName(name: string): Recognised {
  return RECOGNISERS.find(([pattern]) => pattern.test(name))?.[1] ?? { kind: 'ignored' };
}

export function isStateFamily(family: Family): family is StateFamily {
  return family.endsWith('-state');
}

/** The cluster that the name of an event file names: what its `cluster_name` key says wins over it. */
export function clusterOfFileName(name: string): string {
  return name.replace(/^cluster-/, '').replace(/-events\.yaml$/, '');
}
