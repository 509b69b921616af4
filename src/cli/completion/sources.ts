/** Where the words come from that a place on the command line may be filled with. */
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

/** By command and name of the argument; `*` stands for the words of a command that takes any number. */
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
};

/** By name of the flag. */
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
/** Flags that mean something else in one command than in the others, by command and name. */
const OWN_FLAGS: Readonly<Record<string, Source>> = { 'export.to': 'files' };

/** Where the values of a flag come from; undefined where nothing is known of them. */
export function flagSource(command: string, flag: string): Source | undefined {
  return OWN_FLAGS[`${command}.${flag}`] ?? FLAGS[flag];
}

/** Where the words of an argument come from. @param name undefined for one of any number */
export function argumentSource(command: string, name: string | undefined): Source | undefined {
  return ARGUMENTS[`${command}.${name ?? '*'}`];
}
