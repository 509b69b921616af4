/** Recognises legacy files by name: one row for each name that the scripts of k0rdent-azure-setup ever wrote. */

/** The folder of a checkout in which the scripts keep current files. */
export const STATE_FOLDER = 'state';
/** The folder of a checkout into which they move and copy old files. */
export const ARCHIVES_FOLDER = 'old_deployments';

/** The imported families, in the order in which their state is merged. */
export const FAMILIES = [
  'deployment-name',
  'resource-manifest',
  'wireguard-manifest',
  'wireguard-port',
  'vpn-setup',
  'deployment-state',
  'azure-state',
  'kof-state',
  'cluster-state',
  'deployment-history',
  'deployment-events',
  'azure-events',
  'kof-events',
  'cluster-events',
] as const;
export type Family = (typeof FAMILIES)[number];

/** The families from before there was a state file: lists and markers, not YAML. */
const PRE_STATE = [
  'deployment-name',
  'resource-manifest',
  'wireguard-manifest',
  'wireguard-port',
  'vpn-setup',
] as const satisfies readonly Family[];
export type PreStateFamily = (typeof PRE_STATE)[number];

/** The families that become state of a deployment; each is a mapping. */
export type StateFamily = PreStateFamily | 'deployment-state' | 'azure-state' | 'kof-state';

/** The copy of a deployment's files that the scripts made at its end or reset. */
export interface Archive {
  /** Id of the deployment according to the name; null if the scripts did not know it. */
  readonly id: string | null;
  /** Name of the folder, or of the two files without their extension; identifies the archive. */
  readonly name: string;
  /** `completed`, `reset`, `fast-reset` and so on; null in a short-lived layout without one. */
  readonly reason: string | null;
}

/** The meaning of a file name: a family, a known shape that is not imported, or nothing about state. */
export type Recognised =
  | { readonly kind: 'family'; readonly family: Family; readonly archive: Archive | null }
  | { readonly kind: 'unsupported'; readonly why: string }
  | { readonly kind: 'ignored' };

/** `<id>_<local time>_<reason>` for two files, or `<id>_<local time>[_<reason>]` for a folder; the id may be any text. */
const FLAT_ARCHIVE = /^((.*)_\d{8}_\d{6}_(.*?))(_events)?\.yaml$/s;
const ARCHIVE_FOLDER = /^(.*)_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:_(.*))?$/s;
/** What the scripts write instead of an id that they could not read. */
const NO_ID = ['', 'null', 'unknown'];
const idOf = (text = '') => (NO_ID.includes(text) ? null : text);
const ARCHIVED: readonly Family[] = [
  'deployment-state',
  'deployment-events',
  'azure-state',
  'azure-events',
  'kof-state',
  'kof-events',
];

const family = (name: Family): Recognised => ({ kind: 'family', family: name, archive: null });
const unsupported = (why: string): Recognised => ({ kind: 'unsupported', why });
const IGNORED: Recognised = { kind: 'ignored' };

const RECOGNISERS: readonly (readonly [RegExp, Recognised])[] = [
  [/^deployment-state\.yaml$/, family('deployment-state')],
  [/^deployment-events\.yaml$/, family('deployment-events')],
  [/^azure-state\.yaml$/, family('azure-state')],
  [/^azure-events\.yaml$/, family('azure-events')],
  [/^kof-state\.yaml$/, family('kof-state')],
  [/^kof-events\.yaml$/, family('kof-events')],
  // A cluster named foo-state has a file cluster-foo-state-events.yaml, so events come first.
  [/^cluster-.+-events\.yaml$/s, family('cluster-events')],
  [/^cluster-.+-state\.yaml$/s, family('cluster-state')],
  [/^deployment-history\.yaml$/, family('deployment-history')],
  [/^\.(clusterid|project-suffix|k0rdent-suffix)$/, family('deployment-name')],
  [/^azure-resource-manifest\.csv$/, family('resource-manifest')],
  [/^wg-key-manifest\.csv$/, family('wireguard-manifest')],
  [/^wireguard-port\.txt$/, family('wireguard-port')],
  [/^\.(vpn-)?setup-complete$/, family('vpn-setup')],
  [/_privkey$/, unsupported('a private key stays where it is')],
  [/_pubkey$/, unsupported('a public key stays where it is')],
  // The notifier's test mode writes invented events, along with its pid, log and counter files.
  [/^test-deployment-events\.yaml$/, IGNORED],
  [/\.ya?ml$/s, unsupported('not a state or event file that the scripts write')],
];

/**
 * Recognises a file by its name and that of its folder; 'ignored' for every name that is not about state. The content
 * is checked when it is parsed.
 */
export function recogniseName(name: string, folder = ''): Recognised {
  const flat = FLAT_ARCHIVE.exec(name);
  if (flat && !name.startsWith('cluster-')) {
    const archive = { id: idOf(flat[2]), name: flat[1] as string, reason: flat[3] || null };
    return { kind: 'family', family: flat[4] ? 'deployment-events' : 'deployment-state', archive };
  }
  const found = RECOGNISERS.find(([pattern]) => pattern.test(name))?.[1] ?? IGNORED;
  const inArchive = ARCHIVE_FOLDER.exec(folder);
  if (!inArchive || found.kind !== 'family' || !ARCHIVED.includes(found.family)) return found;
  return { ...found, archive: { id: idOf(inArchive[1]), name: folder, reason: inArchive[2] || null } };
}

/** Whether an archive is a folder into which the files were moved; otherwise it is copies of two files. */
export function isArchiveFolder(name: string): boolean {
  return ARCHIVE_FOLDER.test(name);
}

/** Whether a name is that of an imported family. */
export function isFamily(name: string): name is Family {
  return FAMILIES.some((family) => family === name);
}

/** Whether the files of this family become state of a deployment. */
export function isStateFamily(name: Family): name is StateFamily {
  return isPreState(name) || ['deployment-state', 'azure-state', 'kof-state'].includes(name);
}

/** Whether this family is from before there was a state file. */
export function isPreState(name: Family): name is PreStateFamily {
  return (PRE_STATE as readonly Family[]).includes(name);
}

/** The cluster in the name of a file; its `cluster_name` key takes precedence. */
export function clusterOfFileName(name: string): string {
  return name.replace(/^cluster-/, '').replace(/-(events|state)\.yaml$/, '');
}
