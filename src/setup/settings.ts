import { isStoreName } from '../backends/options/server-address.js';
import { apiAddress, FORGE_KINDS, type ForgeKind } from '../forge/forge-kind.js';
import { isAction } from '../model/event/event.js';
import { LOCK_PLACES, type LockPlace } from '../model/lease/lock-place.js';
import { SCRIPT_PHASES } from '../model/state/script-phases.js';
import { isLabel } from '../model/subject/subject.js';
import { RECIPIENT_KINDS, type RecipientKind } from '../model/team-secret/recipient-kinds.js';
import { isMap } from '../model/value/value.js';
import { DRIVERS } from './drivers.js';
import { date, duration, interval, MAX_NAME, place, text, textWhere, wordOf } from './setting-values.js';

/** All settings, with their effective values. */
export interface Settings {
  readonly repo: string | undefined;
  /** The driver if `repo` does not name one: a key of `DRIVERS`. */
  readonly backend: string;
  /** Name of the store at its server; several stores can share one. */
  readonly store: string;
  /** Whether this machine keeps a copy that answers reads while the server is away. */
  readonly fallback: (typeof FALLBACKS)[number];
  /** Where drivers that need no server keep the store. */
  readonly path: string | undefined;
  readonly deployment: string | undefined;
  readonly management: string | undefined;
  readonly namespace: string;
  readonly user: string | undefined;
  /** ms */
  readonly timeout: number;
  /** ms */
  readonly readMaxAge: number;
  /** ms; 0: every write is published at once. */
  readonly publishInterval: number;
  /** ms; 0: nothing is kept. */
  readonly publishKeep: number;
  /** What to do with a write that a protected branch refuses. */
  readonly writeOnProtected: OnProtected;
  /** The forge of the remote; derived from the remote's name if undefined. */
  readonly proposeForge: ForgeKind | undefined;
  /** Address of the forge's API, as `apiAddress` returns it; derived from the remote if undefined. */
  readonly proposeApiUrl: string | undefined;
  readonly phaseSequence: readonly string[];
  /** YYYY-MM-DD */
  readonly filesUntil: string | undefined;
  /** Where the remote keeps locks. */
  readonly locks: LockPlace;
  /** Whether commits must be signed by an allowed signer (`docs/review.md`). */
  readonly signatures: 'required' | 'none';
  /** Targets and rules of notifications; `notifySettings` parses them. */
  readonly notify: Readonly<Record<string, unknown>> | undefined;
  /** Kinds of recipients of team secrets that sops may be asked about: it contacts the services behind the others. */
  readonly secretKinds: readonly RecipientKind[];
  /** Options of drivers, such as `redis.host`: those of `options` in the table of drivers. */
  readonly [option: `${string}.${string}`]: unknown;
}

export const FALLBACKS = ['none', 'file'] as const;
export const ON_PROTECTED = ['fail', 'propose'] as const;
type OnProtected = (typeof ON_PROTECTED)[number];

type Place = 'flag' | 'environment' | 'files' | 'kgit.yaml';

/** One setting: its name in files, where it is allowed, and how a value from outside is parsed. */
export interface SettingRule<K extends keyof Settings = keyof Settings> {
  readonly key: K;
  readonly name: string;
  readonly type: string;
  readonly preset: string;
  readonly places: readonly Place[];
  readonly flag?: string;
  readonly variable?: string;
  /** Why it is allowed, or not, in files that others can write. */
  readonly trust: string;
  /** The driver whose option it is; undefined for settings of all drivers. */
  readonly driver?: string;
  /** Whether the value must be shown to nobody; a file that holds it must be readable by its owner alone. */
  readonly isSecret?: boolean;
  /** The range, in ms, for files that others can write; values outside it are clamped. */
  readonly shared?: readonly [least: number, most: number];
  /** Formats a value for people, where its own text says too much or too little. */
  readonly show?: (value: unknown) => string;
  /** Parses a value; undefined if it breaks the rule. */
  readonly read: (value: unknown) => Settings[K] | undefined;
  readonly about: string;
}

export const DEFAULT_SETTINGS: Settings = Object.freeze<Settings>({
  repo: undefined,
  backend: 'git',
  store: 'default',
  fallback: 'none',
  path: undefined,
  deployment: undefined,
  management: undefined,
  namespace: 'kcm-system',
  user: undefined,
  timeout: 60_000,
  readMaxAge: 60_000,
  publishInterval: 0,
  publishKeep: 24 * 60 * 60 * 1000,
  writeOnProtected: 'fail',
  proposeForge: undefined,
  proposeApiUrl: undefined,
  phaseSequence: SCRIPT_PHASES,
  filesUntil: undefined,
  locks: 'refs',
  signatures: 'none',
  notify: undefined,
  secretKinds: ['age'],
});

const everywhere: readonly Place[] = ['flag', 'environment', 'files', 'kgit.yaml'];
const notInRepository: readonly Place[] = ['flag', 'environment', 'files'];

const onlyInFiles: readonly Place[] = ['files'];

/** The settings of every driver. */
const GENERAL_RULES: readonly SettingRule[] = [
  {
    key: 'repo',
    name: 'repo',
    type: 'folder or URL, #BRANCH behind it',
    preset: 'the checkout stood in',
    places: notInRepository,
    flag: '--repo',
    variable: 'KGIT_REPO',
    read: place,
    trust: 'It says where everything is written, and which server hears KGIT_TOKEN.',
    about: 'The state repository.',
  },
  {
    key: 'store',
    name: 'store',
    type: 'name of a store',
    preset: 'default',
    places: onlyInFiles,
    read: textWhere(isStoreName),
    trust: 'It says where everything is written.',
    about: 'The store at a server other than git; several stores can share a server.',
  },
  {
    key: 'fallback',
    name: 'fallback',
    type: 'none or file',
    preset: 'none',
    places: onlyInFiles,
    read: wordOf(FALLBACKS),
    trust: 'It writes a copy of the store to this machine.',
    about:
      'What answers reads, and lets writes be queued, while a server other than git is away: nothing, or a copy in files on this machine.',
  },
  {
    key: 'path',
    name: 'path',
    type: 'path of a file or folder',
    preset: 'none',
    places: onlyInFiles,
    read: place,
    trust: 'It says where everything is written.',
    about: 'Where backend: sqlite and backend: file keep the store.',
  },
  {
    key: 'deployment',
    name: 'deployment',
    type: 'deployment id',
    preset: 'the only one there is',
    places: everywhere,
    flag: '--deployment',
    variable: 'KGIT_DEPLOYMENT',
    // The name is checked where it is used, against the repository, which may know it by a legacy name.
    read: text,
    trust: 'It chooses among what the repository holds; every result names it.',
    about: 'The deployment that get, set, phase and the others are about.',
  },
  {
    key: 'management',
    name: 'management',
    type: 'DNS label',
    preset: 'the only one that kgit.yaml lists, else default',
    places: everywhere,
    flag: '--management',
    variable: 'KGIT_MANAGEMENT',
    read: textWhere(isLabel),
    trust: 'It chooses among what the repository holds; every result names it.',
    about: 'The k0rdent management cluster of cluster names that leave it out.',
  },
  {
    key: 'namespace',
    name: 'namespace',
    type: 'DNS label',
    preset: 'kcm-system',
    places: ['environment', 'files', 'kgit.yaml'],
    variable: 'KGIT_NAMESPACE',
    read: textWhere(isLabel),
    trust: 'It chooses among what the repository holds; every result names it.',
    about: 'The namespace of cluster names that leave it out.',
  },
  {
    key: 'user',
    name: 'user',
    type: 'text of 1024 characters at most',
    preset: "CI's actor, else git's user.name, else the login name",
    places: notInRepository,
    flag: '--user',
    variable: 'KGIT_USER',
    read: textWhere((name) => name.length <= MAX_NAME),
    trust: 'It says who did it, which nobody says for another.',
    about: 'Who acts: the author of commits and the user of events.',
  },
  {
    key: 'timeout',
    name: 'timeout',
    type: 'duration of 24 days at most',
    preset: '60s',
    places: everywhere,
    flag: '--timeout',
    variable: 'KGIT_TIMEOUT',
    read: duration,
    trust: 'It costs time at most, so it is held between 5 s and 10 min there.',
    shared: [5_000, 600_000],
    about: 'How long a command may take to reach the remote or the cluster.',
  },
  {
    key: 'readMaxAge',
    name: 'read.maxAge',
    type: 'duration of 24 days at most',
    preset: '60s',
    places: ['environment', 'files', 'kgit.yaml'],
    variable: 'KGIT_READ_MAX_AGE',
    read: duration,
    trust: 'It costs freshness at most, and an old answer says its age, so it is held below an hour there.',
    shared: [0, 3_600_000],
    about: 'How old the last fetch may be before a read fetches first.',
  },
  {
    key: 'publishInterval',
    name: 'publish.interval',
    type: 'duration of 1 hour at most',
    preset: '0s: at once',
    places: ['environment', 'files', 'kgit.yaml'],
    variable: 'KGIT_PUBLISH_INTERVAL',
    read: interval,
    trust: 'It delays a write, which waits in the outbox and says so, by an hour at most.',
    about: 'How long a write waits in the outbox of a clone for others to be published with it, in one push.',
  },
  {
    key: 'publishKeep',
    name: 'publish.keep',
    type: 'duration of 24 days at most',
    preset: '24h',
    places: ['environment', 'files', 'kgit.yaml'],
    variable: 'KGIT_PUBLISH_KEEP',
    read: duration,
    trust: 'It costs disk at most, or what a server may lose: it is held between an hour and a week there.',
    shared: [3_600_000, 604_800_000],
    about:
      'How long a clone keeps what it published, to publish it again where the server lost it: 1,000 writes and 32 MiB at most; 0s keeps nothing.',
  },
  {
    key: 'writeOnProtected',
    name: 'write.onProtected',
    type: 'fail or propose',
    preset: 'fail',
    places: ['environment', 'files', 'kgit.yaml'],
    variable: 'KGIT_WRITE_ON_PROTECTED',
    read: wordOf(ON_PROTECTED),
    trust: 'A proposal goes to the same remote, and to people who review it.',
    about:
      'What becomes of a write that a protected branch refuses: it fails (20), or is proposed as with --propose.',
  },
  {
    key: 'proposeForge',
    name: 'propose.forge',
    type: 'github, gitlab, gitea or forgejo',
    preset: "as CI or the host's name says",
    places: ['environment', 'files', 'kgit.yaml'],
    variable: 'KGIT_PROPOSE_FORGE',
    read: wordOf(FORGE_KINDS),
    trust: 'It chooses the words of the API: host and token stay those of the remote.',
    about: 'Which forge the remote is, for --propose.',
  },
  {
    key: 'proposeApiUrl',
    name: 'propose.apiUrl',
    type: 'https URL without a password',
    preset: "worked out from the remote's host, where that is no alias of ssh",
    // A token is sent to this address, so no repository may set it.
    places: ['environment', 'files'],
    variable: 'KGIT_PROPOSE_API_URL',
    read: apiAddress,
    trust: 'It says which server hears the token.',
    about: "The address of the forge's API, for --propose: https://git.example.com/api/v4.",
  },
  {
    key: 'phaseSequence',
    name: 'phaseSequence',
    type: 'list of phase names',
    preset: "the phases of k0rdent's setup scripts",
    places: ['kgit.yaml'],
    read: (value) =>
      Array.isArray(value) &&
      value.length <= 100 &&
      value.every((name) => typeof name === 'string' && isAction(name))
        ? (value as string[])
        : undefined,
    trust: 'It says how the team works.',
    about: 'The phases of a deployment in their order, for kgit phase.',
  },
  {
    key: 'filesUntil',
    name: 'migration.filesUntil',
    type: 'date, such as 2026-12-31',
    preset: 'none: never',
    places: ['kgit.yaml'],
    read: date,
    trust: 'It warns, and does nothing else.',
    about:
      'The day, in UTC, from which the script API and kgit doctor warn of state that is written to files alone.',
  },
  {
    key: 'locks',
    name: 'locks',
    type: 'refs or branches',
    preset: 'refs: below refs/kgit/locks/',
    places: ['kgit.yaml'],
    read: wordOf(LOCK_PLACES),
    trust: 'It says where everybody looks; a lease in the other place is never passed over.',
    about:
      'Where locks lie at the remote: refs/kgit/locks/, or the branches kgit/locks/. kgit init proves it and writes it.',
  },
  {
    key: 'signatures',
    name: 'signatures',
    type: 'required or none',
    preset: 'none',
    places: ['kgit.yaml'],
    read: (value) => (value === 'required' || value === 'none' ? value : undefined),
    trust: 'It counts commit by commit, as reviewed; a proposal that takes it away is a finding.',
    about: 'Whether kgit verify asks for a signature of an allowed signer on every commit.',
  },
  {
    key: 'notify',
    name: 'notify',
    type: 'mapping, as docs/notifications.md has it',
    preset: 'none',
    places: onlyInFiles,
    read: (value) => (isMap(value) ? value : undefined),
    show: (value) => Object.keys(isMap(value) && isMap(value['targets']) ? value['targets'] : {}).join(', '),
    trust: 'It says who is told of everything, and what is run.',
    about: 'Whom kgit serve notifies of what.',
  },
  {
    key: 'secretKinds',
    name: 'secrets.kinds',
    type: `list of ${RECIPIENT_KINDS.join(', ')}`,
    preset: '[age]',
    places: onlyInFiles,
    read: (value) =>
      Array.isArray(value) && value.length > 0
        ? all(value.map((word) => RECIPIENT_KINDS.find((kind) => kind === word)))
        : undefined,
    trust: 'It says which services sops may contact on your behalf.',
    about:
      'The kinds of recipients of team secrets that sops is run for; files that name another kind are refused.',
  },
];

/** The values, if none is missing. */
function all<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  const found = values.filter((value) => value !== undefined);
  return found.length === values.length ? found : undefined;
}

/** The rules of one driver's options. No repository may set them: they say which server hears a password. */
function optionRules(driver: string): readonly SettingRule[] {
  const options = Object.entries(DRIVERS.get(driver)?.options ?? {});
  return options.map(([option, { isSecret = false, variable, ...rule }]) => ({
    ...rule,
    driver,
    key: `${driver}.${option}` as const,
    name: `${driver}.${option}`,
    places: variable === undefined ? onlyInFiles : ['environment', 'files'],
    ...(variable === undefined ? {} : { variable }),
    isSecret,
    trust: 'It says which server is asked, and how it knows the user.',
  }));
}

/** The only table of settings: configuration is read by it, and docs/settings.md is generated from it. */
export const SETTING_RULES: readonly SettingRule[] = [
  ...GENERAL_RULES,
  ...[...DRIVERS.keys()].flatMap(optionRules),
];
