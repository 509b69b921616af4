import { formatTimestamp, type KgitEvent } from '../../model/event/event.js';
import { type Actor, type EventWrite, type Operation, titleOf } from '../../model/operation/operation.js';
import { cluster, deployment, legacySlug, type Subject } from '../../model/subject/subject.js';
import { type IdSource, ulidTime } from '../../model/value/ulid.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import type { FileEdit } from '../../store/local/imported-files.js';
import { eventValueKey, type WithheldValues } from '../../store/local/withheld-values.js';
import { importedEvents } from '../parse/imported-event.js';
import { type SecretGuard, withhold } from '../parse/withhold.js';
import type { Family, StateFamily } from '../read/legacy-family.js';
import type { AddedEntry } from './script-events-file.js';
import { stateEdits } from './state-edits.js';

/** The parts that the script API needs: where its operations go, who acts, and the clock. */
export interface ScriptHost {
  /** Keeps an operation durably for later publishing. */
  keep(operation: Operation): Promise<void>;
  /** Throws SecretError if the operation still contains a secret. */
  guard(operation: Operation): Operation;
  readonly secrets: SecretGuard;
  readonly withheld: WithheldValues;
  readonly actor: Actor;
  readonly hostname: string;
  readonly runId: string | undefined;
  readonly ids: IdSource;
  /** ms since the epoch */
  now(): number;
  readonly management: string;
  readonly namespace: string;
  /** The deployment of files that name none. */
  readonly deployment: string | undefined;
  /** Merges files as `kgit import` does; durable when it returns. */
  importFiles(paths: readonly string[]): Promise<void>;
  /** The part of the deployment's recorded state that belongs to deployment-state.yaml, under its keys there. */
  recorded(deployment: Subject): Promise<ValueMap>;
  /** Records what was written to a file, by absolute path, so that the next import does not count it as new. */
  wrote(path: string, edits: readonly FileEdit[]): Promise<void>;
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

/** Makes operations from script calls' changes to legacy files, with the same ids as `kgit import`. */
export class ScriptSession {
  readonly #host: ScriptHost;

  constructor(host: ScriptHost) {
    this.#host = host;
  }

  /**
   * Records one call. Throws EnvironmentError if it cannot be kept, SecretError.
   * @param name of the deployment, according to its files; null if unknown
   */
  async record(name: string | null, change: ChangedFile | null, logged: LoggedEntry | null): Promise<void> {
    const known = name ?? this.#host.deployment ?? null;
    if (known === null && (change !== null || logged?.family !== 'cluster-events')) {
      this.#host.note('no file names the deployment, so kgit does not record this: set KGIT_DEPLOYMENT');
      return;
    }
    const write = logged === null ? null : await this.#event(logged, known);
    if (change === null || known === null) {
      if (write !== null) await this.#keep([write]);
      return;
    }
    const subject = deployment(legacySlug(known));
    const all = await this.#host.withheld.all(subject);
    const { edits, withheld } = stateEdits(
      change.family,
      change.before,
      change.after,
      this.#host.secrets,
      all,
    );
    if (withheld.size > 0) await this.#host.withheld.put(subject, withheld);
    if (edits.length === 0) {
      if (write !== null) await this.#keep([write]);
      return;
    }
    const asked = { deployment: subject.id, edits, preconditions: [] };
    if (write === null) {
      const { family, after } = change;
      // Only the second file's own list shows which keys of `azure.*` belong to it.
      const files =
        family === 'deployment-state' ? {} : { files: [{ family, values: this.#clean(family, after) }] };
      const own = this.#changed(subject, known, files);
      await this.#keep([own], { change: { ...asked, event: own.event.id } });
      return;
    }
    const id = this.#host.ids.next();
    const { source } = write.event;
    const carrier = { ...write, event: { ...write.event, source: { ...source, operation: id } } };
    // Another machine may log the same entry in the same second, which is the same event, but change other values.
    const spare = this.#changed(subject, known);
    const carried = { ...asked, event: carrier.event.id, otherwise: spare.event.id };
    await this.#keep([carrier, spare], { id, title: titleOf([carrier]), change: carried });
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

  #clean(family: string, values: ValueMap): ValueMap {
    const { value } = withhold(values, [family], this.#host.secrets, 'leave out');
    return isMap(value) ? (value as ValueMap) : {};
  }

  async #event({ family, name, entry }: LoggedEntry, known: string | null): Promise<EventWrite | null> {
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
    await this.#keepSecrets(subject, made.event.id, entry.sameTime.at(-1), clean.at(-1));
    return this.#placed(made, entry.index);
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

  async #keepSecrets(subject: Subject, id: string, whole: Value | undefined, clean: Value | undefined) {
    if (!isMap(whole) || !isMap(clean)) return;
    const secret = Object.entries(whole).filter(([key, value]) => value !== clean[key]);
    if (secret.length === 0) return;
    const values = secret.map(([key, value]) => [eventValueKey(id, [key]), value as Value] as const);
    await this.#host.withheld.put(subject, new Map(values));
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
    return this.#operation([{ subject: deployment(legacySlug(name)), event }]);
  }

  async #keep(events: readonly EventWrite[], more: Partial<Operation> = {}): Promise<void> {
    await this.#host.keep(this.#operation(events, more));
  }

  #operation(events: readonly EventWrite[], more: Partial<Operation> = {}): Operation {
    const { ids, actor, runId, guard } = this.#host;
    return guard({
      id: ids.next(),
      time: this.#host.now(),
      actor,
      title: titleOf(events),
      events,
      ...(runId === undefined ? {} : { runId }),
      ...more,
    });
  }
}
