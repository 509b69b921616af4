/** Where completions for a flag or an argument come from. */
export type Source =
  | 'subjects'
  | 'clusters'
  | 'deployments'
  | 'managements'
  | 'locks'
  | 'phases'
  | 'paths'
  | 'assignments'
  | 'operations'
  | 'files';

/** Keyed by command and argument name; `*` stands for the arguments of a command that accepts any number. */
const ARGUMENTS: Readonly<Record<string, Source>> = {
  'backup.file': 'files',
  'clone.url': 'files',
  'clone.dir': 'files',
  'export.subject': 'subjects',
  'get.path': 'paths',
  'history.path': 'paths',
  'import.*': 'files',
  'init.dir': 'files',
  'lock.name': 'locks',
  'log.subject': 'subjects',
  'mirror.dir': 'files',
  'outbox.id': 'operations',
  'phase.name': 'phases',
  'restore.dir': 'files',
  'restore.file': 'files',
  'set.*': 'assignments',
  'show.subject': 'clusters',
  'status.subject': 'clusters',
  'unlock.name': 'locks',
  'unset.*': 'paths',
  'wait.*': 'clusters',
  'watch.*': 'paths',
};

/** Keyed by flag name. */
const FLAGS: Readonly<Record<string, Source>> = {
  cluster: 'clusters',
  config: 'files',
  deployment: 'deployments',
  file: 'files',
  if: 'assignments',
  'if-absent': 'paths',
  kubeconfig: 'files',
  lock: 'locks',
  management: 'managements',
  phase: 'phases',
  repo: 'files',
};
/** Flags that have another meaning in one command; keyed by command and flag name. */
const OWN_FLAGS: Readonly<Record<string, Source>> = { 'export.to': 'files' };

/** Returns the source of a flag's values; undefined if there is none. */
export function flagSource(command: string, flag: string): Source | undefined {
  return OWN_FLAGS[`${command}.${flag}`] ?? FLAGS[flag];
}

/**
 * Returns the source of an argument's values.
 * @param name undefined for a command that accepts any number of arguments
 */
export function argumentSource(command: string, name: string | undefined): Source | undefined {
  return ARGUMENTS[`${command}.${name ?? '*'}`];
}
