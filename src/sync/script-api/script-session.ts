import { KgitError } from '../../errors.js';
import { formatTimestamp, type KgitEvent } from '../../model/event/event.js';
import {
  type Actor,
  type EventWrite,
  type Operation,
  type SecretWrite,
  type SecretWrites,
  titleOf,
} from '../../model/operation/operation.js';
import type { Edit } from '../../model/state/edit.js';
import { parseStatePath } from '../../model/state/state-path.js';
import { cluster, deployment, formatSubject, legacySlug, type Subject } from '../../model/subject/subject.js';
import { type IdSource, ulidTime } from '../../model/value/ulid.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import type { FileEdit } from '../../store/local/imported-files.js';
import { eventValueKey, isEventKey, isStateKey } from '../../store/local/withheld-values.js';
import { importedEvents } from '../parse/imported-event.js';
import { splitState } from '../parse/parse-state.js';
import { type SecretGuard, withhold } from '../parse/withhold.js';
import { guardOfTeam } from '../plan/team-guard.js';
import type { Family, StateFamily } from '../read/legacy-family.js';
import type { AddedEntry } from './script-events-file.js';
import type { NamedSecrets, ScriptSecrets } from './script-secrets.js';
import { stateEdits } from './state-edits.js';

/** The parts that the script API needs: where its operations go, who acts, and the clock. */
export interface ScriptHost {
  /**
   * Keeps an operation durably for later publishing.
   * @param again makes it anew, with a new id, if it was refused because others have changed what it was made for
   */
  keep(operation: Operation, again?: () => Promise<Operation | null>): Promise<void>;
  /** Throws SecretError if the operation still contains a secret. */
  guard(operation: Operation): Operation;
  readonly secrets: SecretGuard;
  readonly kept: ScriptSecrets;
  readonly actor: Actor;
  readonly hostname: string;
  readonly runId: string | undefined;
  readonly ids: IdSource;
  /** ms since the epoch */
  now(): number;
  /** The folder of the state files of a call, absolute. */
  readonly folder: string;
  readonly management: string;
  readonly namespace: string;
  /** The deployment of files that name none. */
  readonly deployment: string | undefined;
  /**
   * Merges files as `kgit import` does; durable when it returns. If their secrets cannot be encrypted for the team, they are withheld
   * on this machine, and a note says so.
   */
  importFiles(paths: readonly string[], note: (message: string) => void): Promise<void>;
  /** The part of the deployment's recorded state that belongs to deployment-state.yaml, under its keys there. */
  recorded(deployment: Subject): Promise<ValueMap>;
  /**
   * Records what was written to a file, by absolute path, so that the next import does not count it as new.
   * @param name of the deployment, according to its files; null if unknown
   */
  wrote(path: string, edits: readonly FileEdit[], name: string | null): Promise<void>;
  /** Records further files that a call is about to change, so that its changes are recorded later if it dies. */
  touches(paths: readonly string[]): Promise<void>;
  /**
   * Notes that a call is about to remove these files, so that `removal` is recorded later if it dies after it has removed
   * one. Absolute paths of files that exist.
   */
  removes(paths: readonly string[], removal: Operation): Promise<void>;
  /** Writes a line for the user of the script to its stderr. */
  note(message: string): void;
}

/** A change of a state file, with its content before and after. */
export interface ChangedFile {
  readonly family: StateFamily;
  readonly before: ValueMap;
  readonly after: ValueMap;
}

/** An entry added to an event file. */
export interface LoggedEntry {
  readonly family: Family;
  /** The name in the file's head; null if it has none. */
  readonly name: string | null;
  readonly entry: AddedEntry;
}

const CHANGED = 'state_changed';

/** Secrets of a call, and the event that records them. */
interface CallSecrets {
  readonly subject: Subject;
  readonly event: string;
  readonly values: NamedSecrets;
}

/** The event of a log entry, and the secrets that were taken out of it. */
interface LoggedEvent {
  readonly write: EventWrite;
  readonly secrets: readonly CallSecrets[];
}

/** Makes operations from script calls' changes to legacy files, with the same ids as `kgit import`. */
export class ScriptSession {
  readonly #host: ScriptHost;

  constructor(host: ScriptHost) {
    this.#host = host;
  }

  /**
   * Records one call. If its secrets cannot be encrypted for the team, as without sops, they are withheld on this machine and a note
   * says how to share them later: a script goes on. Throws EnvironmentError if it cannot be kept, SecretError.
   * @param name of the deployment, according to its files; null if unknown
   */
  async record(name: string | null, change: ChangedFile | null, logged: LoggedEntry | null): Promise<void> {
    const known = name ?? this.#host.deployment ?? null;
    if (known === null && (change !== null || logged?.family !== 'cluster-events')) {
      this.#host.note('no file names the deployment, so kgit does not record this: set KGIT_DEPLOYMENT');
      return;
    }
    const entry = logged === null ? null : this.#event(logged, known);
    if (change === null || known === null) {
      if (entry !== null)
        await this.#keep(entry.secrets, (id, secrets) => this.#operation(id, [entry.write], secrets));
      return;
    }
    const subject = deployment(legacySlug(known));
    const { kept } = this.#host;
    const shared = await kept.shared(subject);
    const { edits, secrets } = stateEdits(
      change.family,
      change.before,
      change.after,
      this.#host.secrets,
      await kept.names(subject),
      shared,
    );
    // Another machine may log the same entry in the same second, which is the same event, but change other values.
    const own = this.#changed(subject, known, entry === null ? this.#listed(change, shared) : {});
    const event = entry?.write.event.id ?? own.event.id;
    const hidden = withState(entry?.secrets ?? [], { subject, event, values: secrets });
    await this.#keep(hidden, (id, sealed) => {
      const all = [...edits, ...hiding(subject, sealed)];
      const isChanged = all.length > 0 || sealed.some((of) => isOf(of, subject) && of.files.some(isOfState));
      if (!isChanged) return entry === null ? null : this.#operation(id, [entry.write], sealed);
      const asked = { deployment: subject.id, event, edits: all, preconditions: [] };
      if (entry === null) return this.#operation(id, [own], sealed, { change: asked });
      const { source } = entry.write.event;
      const carrier = {
        ...entry.write,
        event: { ...entry.write.event, source: { ...source, operation: id } },
      };
      const more = { title: titleOf([carrier]), change: { ...asked, otherwise: own.event.id } };
      return this.#operation(id, [carrier, own], sealed, more);
    });
  }

  /** Only the second file's own list shows which keys of `azure.*` belong to it. */
  #listed({ family, after }: ChangedFile, shared: ReadonlySet<string>): ValueMap {
    if (family === 'deployment-state') return {};
    const guard = guardOfTeam(this.#host.secrets, shared);
    const { values, withheldKeys: withheld } = splitState(family, after, guard);
    return { files: [{ family, values, ...(withheld.length === 0 ? {} : { withheld }) }] };
  }

  /** Makes an event for a change for which the scripts log no entry. */
  #changed(subject: Subject, name: string, more: ValueMap = {}): EventWrite {
    const { actor, hostname, runId } = this.#host;
    const event: KgitEvent = {
      ...this.#stamp(),
      action: CHANGED,
      user: actor.name,
      host: hostname,
      ...(runId === undefined ? {} : { run_id: runId }),
      source: {
        written_by: 'script-api',
        ...(legacySlug(name) === name ? {} : { name }),
        ...more,
      },
    };
    return { subject, event };
  }

  /** Takes id and time of a new event from one clock reading: two readings could differ, which `verify` would report. */
  #stamp(): Pick<KgitEvent, 'id' | 'timestamp'> {
    const id = this.#host.ids.next();
    return { id, timestamp: formatTimestamp(ulidTime(id)) };
  }

  /** The event of a log entry, and the secrets that were taken out of it; null if it cannot be recorded. */
  #event({ family, name, entry }: LoggedEntry, known: string | null): LoggedEvent | null {
    const { secrets, management, namespace } = this.#host;
    const own = name ?? known ?? '';
    const slug = legacySlug(own);
    const subject = family === 'cluster-events' ? cluster(management, namespace, slug) : deployment(slug);
    const clean = withhold(entry.sameTime, ['events'], secrets, 'mark').value;
    if (!Array.isArray(clean)) {
      this.#host.note('the event holds a secret that cannot be taken out of it, so kgit does not record it');
      return null;
    }
    const { events, invalid } = importedEvents({
      family,
      subject,
      entries: clean,
      ...(slug === own ? {} : { name: own }),
    });
    const bad = invalid.find(({ index }) => index === clean.length - 1);
    const made = bad ? undefined : events.at(-1);
    if (!made) {
      this.#host.note(`the event ${bad?.message ?? 'is none'}, so kgit does not record it`);
      return null;
    }
    const values = takenFrom(made.event.id, entry.sameTime.at(-1), clean.at(-1));
    const taken = { subject, event: made.event.id, values };
    return { write: this.#placed(made, entry.index), secrets: values.size === 0 ? [] : [taken] };
  }

  /** Adds the actor, marked as derived because it is not in the file. */
  #placed(made: EventWrite, index: number): EventWrite {
    const { actor, hostname, runId } = this.#host;
    const own = { user: actor.name, host: hostname, ...(runId === undefined ? {} : { run_id: runId }) };
    const source = isMap(made.event.source) ? made.event.source : {};
    const before = Array.isArray(source['derived']) ? source['derived'] : [];
    const event = { ...own, ...made.event } as KgitEvent;
    const { id, timestamp, action, ...rest } = event;
    return {
      ...made,
      event: {
        id,
        timestamp,
        action,
        ...rest,
        source: { ...source, index, derived: [...before, ...Object.keys(own)] } as ValueMap,
      },
    };
  }

  /** Makes the operation that records the removal of a deployment's files, in which no event can be. Throws SecretError. */
  removal(name: string, reason: string): Operation {
    const { actor, hostname, runId } = this.#host;
    const event: KgitEvent = {
      ...this.#stamp(),
      action: 'state_removed',
      reason,
      user: actor.name,
      host: hostname,
      ...(runId === undefined ? {} : { run_id: runId }),
      source: { written_by: 'script-api' },
    };
    const { ids } = this.#host;
    return this.#operation(ids.next(), [{ subject: deployment(legacySlug(name)), event }], []);
  }

  /**
   * Keeps the operation of a call with its secrets, encrypted.
   * @param make makes the operation of this id; null if there is nothing to record
   */
  async #keep(
    hidden: readonly CallSecrets[],
    make: (id: string, sealed: readonly SecretWrites[]) => Operation | null,
  ): Promise<void> {
    const { ids, keep } = this.#host;
    const anew = async () => make(ids.next(), await this.#sealed(hidden));
    const operation = make(ids.next(), await this.#sealedOrWithheld(hidden));
    if (operation === null) return;
    await (operation.secrets === undefined ? keep(operation) : keep(operation, anew));
  }

  async #sealed(hidden: readonly CallSecrets[]): Promise<SecretWrites[]> {
    const sealed: SecretWrites[] = [];
    for (const { subject, event, values } of hidden) {
      const writes = await this.#host.kept.keep(subject, event, values);
      if (writes !== null) sealed.push(writes);
    }
    return sealed;
  }

  async #sealedOrWithheld(hidden: readonly CallSecrets[]): Promise<SecretWrites[]> {
    try {
      return await this.#sealed(hidden);
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      const { kept, folder, note } = this.#host;
      for (const { subject, values } of hidden) await kept.withhold(subject, values);
      note(notShared(error, folder));
      return [];
    }
  }

  /** Throws SecretError if what is readable of it still contains a secret. */
  #operation(
    id: string,
    events: readonly EventWrite[],
    secrets: readonly SecretWrites[],
    more: Partial<Operation> = {},
  ): Operation {
    const { actor, runId, guard } = this.#host;
    return guard({
      id,
      time: this.#host.now(),
      actor,
      title: titleOf(events),
      events,
      ...(runId === undefined ? {} : { runId }),
      ...(secrets.length === 0 ? {} : { secrets }),
      ...more,
    });
  }
}

/** Says that secrets are withheld, and how to share them later. @param path a file or folder that has them */
export function notShared({ message }: KgitError, path: string): string {
  return `${message}: secrets stay on this machine; when that is mended, share them: kgit import ${path}`;
}

/** Adds the secrets of a state to those of the event that carries its change. */
function withState(ofEvent: readonly CallSecrets[], ofState: CallSecrets): readonly CallSecrets[] {
  if (ofState.values.size === 0) return ofEvent;
  const isSame = ({ subject }: CallSecrets) => formatSubject(subject) === formatSubject(ofState.subject);
  const values = [...ofEvent.filter(isSame), ofState].flatMap((each) => [...each.values]);
  return [...ofEvent.filter((each) => !isSame(each)), { ...ofState, values: new Map(values) }];
}

function isOf({ subject }: SecretWrites, other: Subject): boolean {
  return formatSubject(subject) === formatSubject(other);
}

function isOfState({ path }: SecretWrite): boolean {
  return !isEventKey(path);
}

/** Removes what was readable at a path that has become secret. */
function hiding(subject: Subject, sealed: readonly SecretWrites[]): Edit[] {
  const files = sealed.filter((of) => isOf(of, subject)).flatMap((of) => of.files);
  return files
    .filter(({ path, text }) => text !== null && isStateKey(path))
    .map(({ path }) => ({ op: 'unset', path: parseStatePath(path) }));
}

/** The fields of an entry that its event does not have as they are, by name. */
function takenFrom(id: string, whole: Value | undefined, clean: Value | undefined): NamedSecrets {
  if (!isMap(whole) || !isMap(clean)) return new Map();
  const secret = Object.entries(whole).filter(([key, value]) => value !== clean[key]);
  return new Map(secret.map(([key, value]) => [eventValueKey(id, [key]), value as Value]));
}
