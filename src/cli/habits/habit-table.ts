/**
 * Maps what users of git, kubectl, gh, flux and etcdctl type to kgit's commands. `test/commands/output/habits.tsv` runs
 * all of it.
 */

/** The answer to words that kgit would have to guess at, with the commands to use instead. */
export interface Answer {
  readonly message: string;
  readonly suggestions: readonly string[];
  /** A flag that makes the words clear enough to be carried out. */
  readonly unless?: string;
}

const CLUSTERS = ['clusters', 'clusterdeployments', 'clusterdeployments.k0rdent.mirantis.com'] as const;
const CLUSTER = ['cluster', 'cd', 'cld', 'clusterdeployment'] as const;
const DEPLOYMENT = ['deployment', 'deployments', 'deploy'] as const;

/** Maps other programs' words for kinds to kgit's. */
export const KINDS: Readonly<Record<string, 'cluster' | 'deployment'>> = Object.fromEntries([
  ...[...CLUSTERS, ...CLUSTER].map((word) => [word, 'cluster']),
  ...DEPLOYMENT.map((word) => [word, 'deployment']),
]);

/** Commands to suggest for `kgit get WORD` if the state has no such path. */
export const KIND_COMMANDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(CLUSTER.map((word) => [word, 'kgit list clusters'])),
  all: 'kgit list',
  deploy: 'kgit list deployments',
  phases: 'kgit phase',
  locks: 'kgit locks',
  events: 'kgit log',
  ev: 'kgit log',
  pods: 'kubectl get pods',
  nodes: 'kubectl get nodes',
};

/** Commands of other programs and their equivalents in kgit. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  events: ['log'],
  logs: ['log'],
  tail: ['log', '-f'],
  ls: ['list'],
  describe: ['show'],
  explain: ['status', '--explain'],
  pull: ['sync'],
  push: ['sync'],
  fetch: ['sync'],
  reconcile: ['sync'],
  blame: ['history'],
  annotate: ['history'],
  undo: ['rollback'],
  revert: ['rollback'],
  'force-unlock': ['unlock', '--force'],
  settings: ['config'],
  check: ['doctor'],
  event: ['push-event'],
  put: ['set'],
  del: ['unset'],
};

/** The same for commands of two words. */
export const PHRASES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(CLUSTERS.map((word) => [`get ${word}`, ['list', 'clusters']])),
  'get deployments': ['list', 'deployments'],
  ...Object.fromEntries(CLUSTER.map((word) => [`list ${word}`, ['list', 'clusters']])),
  'list deployment': ['list', 'deployments'],
  'list deploy': ['list', 'deployments'],
  'lock list': ['locks'],
  'lock ls': ['locks'],
  'lock status': ['locks'],
  'lease list': ['locks'],
  'config view': ['config'],
  'config list': ['config'],
  'config get': ['config'],
  'snapshot save': ['backup'],
  'snapshot restore': ['restore'],
};

/** Words after `kgit lock` that list the locks. To take a lock of such a name, put it after `--`. */
export const LISTS_LOCKS: readonly string[] = Object.keys(PHRASES)
  .filter((phrase) => phrase.startsWith('lock '))
  .map((phrase) => phrase.slice('lock '.length));

const ROLLBACK = {
  message: 'which state should be restored? A rollback needs its revision or time',
  suggestions: [
    'kgit rollback --to HEAD~1 --dry-run shows what the last write changed; without --dry-run, it undoes that write',
    "'kgit history' shows who set what",
  ],
};
const SIGN_IN = {
  message: 'kgit keeps no login: it uses the access that git has to the remote',
  suggestions: [
    'Set KGIT_TOKEN for a remote over https, or use an ssh key',
    "'kgit doctor' checks the access",
  ],
};
const COMMITTED = {
  message: 'every write of kgit is one commit, published at once: there is nothing to add or to commit',
  suggestions: [
    'kgit set PATH=VALUE changes the state, kgit push-event ACTION SUBJECT records what happened',
    "'kgit sync' publishes what waits",
  ],
};
const APPLY = {
  message: 'kgit does not change clusters: it records what happened, and the state of deployments',
  suggestions: [
    'kgit push-event --file FILE records many events, kgit set PATH=VALUE changes the state',
    'kubectl apply changes the cluster; kgit run ACTION SUBJECT -- kubectl apply … records it',
  ],
};
const PATCH = {
  message: 'kgit does not patch objects in a cluster; it changes the state of a deployment path by path',
  suggestions: ['kgit set PATH=VALUE sets a value, kgit unset PATH removes one, kgit edit opens an editor'],
};
const PROPOSAL = {
  message: 'a change is proposed by the command that makes it',
  suggestions: ['Add --propose: kgit set PATH=VALUE --propose opens a pull or merge request'],
};
const CHECKOUT = {
  message: 'kgit has one branch, and reads any revision without a checkout',
  suggestions: ["kgit get --at REVISION|TIME reads an earlier state; 'kgit list' shows the subjects"],
};
const DELETE = {
  message: 'kgit deletes nothing in a cluster, and events are never deleted',
  suggestions: [
    'kubectl delete clusterdeployment NAME deletes a cluster; kgit push-event cluster_deleted cluster/NAME records it',
    'kgit unset PATH removes a path of the state',
  ],
};

/** Commands and phrases that are answered instead of carried out. */
export const ANSWERS: Readonly<Record<string, Answer>> = {
  undo: { ...ROLLBACK, unless: '--to' },
  revert: { ...ROLLBACK, unless: '--to' },
  reset: ROLLBACK,
  commit: COMMITTED,
  add: COMMITTED,
  apply: APPLY,
  replace: APPLY,
  delete: DELETE,
  rm: DELETE,
  remove: DELETE,
  patch: PATCH,
  checkout: CHECKOUT,
  switch: CHECKOUT,
  branch: CHECKOUT,
  login: SIGN_IN,
  auth: SIGN_IN,
  pr: PROPOSAL,
  mr: PROPOSAL,
  create: {
    message: 'what should be created?',
    suggestions: [
      'kgit init --deployment ID creates a deployment, kgit init lays out a repository',
      'kgit push-event cluster_created cluster/NAME records a cluster',
    ],
  },
  exec: {
    message: 'kgit runs commands on this machine and records them',
    suggestions: ['kgit run ACTION SUBJECT -- COMMAND…'],
  },
  stash: {
    message: 'kgit leaves your local edits alone; waiting writes are in the outbox',
    suggestions: ["'kgit outbox' lists what waits"],
  },
  'config get-contexts': {
    message: 'kgit keeps no contexts: kubectl does',
    suggestions: ['kubectl config get-contexts lists them', "'kgit config' shows the settings of kgit"],
  },
  'config set': {
    message: 'kgit config shows settings; it writes none',
    suggestions: [
      'Write it to ~/.config/kgit/config.yaml, or for everybody to settings in kgit.yaml',
      "'kgit config' shows each setting and where it came from",
    ],
  },
  uninstall: {
    message: 'kgit does not uninstall itself',
    suggestions: ['npm uninstall --global kgit'],
  },
};

const SINCE_ALWAYS: Readonly<Record<string, readonly string[]>> = {
  '-A': [],
  '--all-namespaces': [],
  '--all': [],
};
const PATCHES: Answer = {
  message: 'kgit log lists events; other commands show what they changed',
  suggestions: ['kgit diff REV shows what differs in a state, kgit history PATH shows who changed it'],
};

/**
 * Flags of other programs, by command, with their equivalent in kgit or the answer to them. A flag that asks for kgit's
 * default behaviour is dropped.
 */
export const FLAGS: Readonly<Record<string, Readonly<Record<string, readonly string[] | Answer>>>> = {
  list: SINCE_ALWAYS,
  log: {
    ...SINCE_ALWAYS,
    '--graph': [],
    '--decorate': [],
    '--stat': PATCHES,
    '-p': PATCHES,
    '--patch': PATCHES,
  },
  diff: { '--name-only': ['-o', 'name'] },
  config: { '--list': [], '-l': [], '--get': [] },
  wait: {
    '--for=condition=Ready': ['--for', 'ready'],
    '--for=condition=ready': ['--for', 'ready'],
    '--for=delete': ['--for', 'deleted'],
  },
  status: {
    '--porcelain': {
      message: '--porcelain is a flag of git',
      suggestions: ['kgit status --json is for programs, kgit status -o name lists names'],
    },
  },
};

/** Flags that take a date in `git log`, but an event id in kgit. */
export const DATE_FLAGS: Readonly<Record<string, string>> = { '--after': '--since', '--before': '--until' };

/** Flags that are translated in every command that has the resulting flag. */
export const SHARED_FLAGS: Readonly<Record<string, readonly string[]>> = {
  '--dry-run=client': ['--dry-run'],
  '--dry-run=server': ['--dry-run'],
};

/** Number of words before the subject, for each command that takes one. */
export const SUBJECT_AT: Readonly<Record<string, number>> = {
  log: 0,
  show: 0,
  status: 0,
  wait: 0,
  history: 0,
  get: 0,
  'push-event': 1,
  run: 1,
};
