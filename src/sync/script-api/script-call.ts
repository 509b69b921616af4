import { resolve } from 'node:path';
import { InvalidStateError } from '../../errors.js';
import type { StatePath } from '../../model/state/state-path.js';
import { isMap, type ValueMap } from '../../model/value/value.js';
import { namesInHistory } from '../parse/history-names.js';
import { fileEdits } from '../plan/file-edits.js';
import { ARCHIVES_FOLDER, type Family, type StateFamily } from '../read/legacy-family.js';
import { ScriptEventsFile } from './script-events-file.js';
import type { ScriptHost, ScriptSession } from './script-session.js';
import { ScriptStateFile, type Tell } from './script-state-file.js';

/** The history of deployments, relative to the folder that a script runs in. */
export const HISTORY = `./${ARCHIVES_FOLDER}/deployment-history.yaml`;

/** Where a script keeps its files, according to its variables. */
export interface ScriptPlaces {
  readonly cwd: string;
  readonly folder: string;
  readonly state: string;
  readonly events: string;
  readonly azureState: string;
  readonly azureEvents: string;
}

export type Changes = readonly (readonly [StatePath, unknown])[];

/** The files used by the scripts of one helper, each read once until it changes. */
export class ScriptFiles {
  readonly #states = new Map<string, ScriptStateFile>();
  readonly #events = new Map<string, ScriptEventsFile>();
  /** Remarks on files that were already reported, and those still to be reported. */
  readonly #told = new Set<string>();
  #news: string[] = [];
  readonly #tell: Tell = (path, { oddities }) => {
    for (const { message, line } of oddities) {
      const known = `${path} ${message}`;
      if (this.#told.has(known)) continue;
      this.#told.add(known);
      this.#news.push(`${path}:${line}: ${message}`);
    }
  };

  /** Returns the remarks on files since the last call. */
  takeNews(): readonly string[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  state(path: string): ScriptStateFile {
    const file = this.#states.get(path) ?? new ScriptStateFile(path, this.#tell);
    this.#states.set(path, file);
    return file;
  }

  events(path: string): ScriptEventsFile {
    const file = this.#events.get(path) ?? new ScriptEventsFile(path, this.#tell);
    this.#events.set(path, file);
    return file;
  }
}

function nameOf(data: ValueMap | null): string | null {
  const id = data?.['deployment_id'];
  return (typeof id === 'string' || typeof id === 'number') && id !== '' ? String(id) : null;
}

/** One call of a function by a script: its files, its time, and its changes to them. */
export class ScriptCall {
  readonly places: ScriptPlaces;
  readonly args: readonly string[];
  /** In the format of `date -u +%Y-%m-%dT%H:%M:%SZ`. */
  readonly time: string;
  readonly host: ScriptHost;
  readonly session: ScriptSession;
  readonly #files: ScriptFiles;

  constructor(
    places: ScriptPlaces,
    args: readonly string[],
    parts: { host: ScriptHost; session: ScriptSession; files: ScriptFiles },
  ) {
    this.places = places;
    this.args = args;
    this.host = parts.host;
    this.session = parts.session;
    this.#files = parts.files;
    this.time = new Date(parts.host.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  /** In the format of `date +%Y-%m-%d_%H-%M-%S`; `later` is in seconds. */
  localTime(later = 0): string {
    const at = new Date(this.host.now() + later * 1000);
    const two = (part: number) => String(part).padStart(2, '0');
    const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
    return `${day}_${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('-')}`;
  }

  arg(index: number): string {
    return this.args[index] ?? '';
  }

  path(name: string): string {
    return resolve(this.places.cwd, name);
  }

  get state(): ScriptStateFile {
    return this.#files.state(this.path(this.places.state));
  }

  get azureState(): ScriptStateFile {
    return this.#files.state(this.path(this.places.azureState));
  }

  stateAt(name: string): ScriptStateFile {
    return this.#files.state(this.path(name));
  }

  eventsAt(name: string): ScriptEventsFile {
    return this.#files.events(this.path(name));
  }

  /** The deployment's name according to its files; null if none says so. */
  async deployment(): Promise<string | null> {
    return nameOf(await this.state.data()) ?? (await this.#nameOfEvents());
  }

  async #nameOfEvents(): Promise<string | null> {
    const events = this.#files.state(this.path(this.places.events));
    return nameOf(await events.data());
  }

  /**
   * The only deployment named in the history, because after a full reset nothing else names one; null if there are
   * several.
   */
  async #nameInHistory(): Promise<string | null> {
    try {
      const rows = (await this.#files.state(this.path(HISTORY)).data())?.['deployments'];
      const [name = null, ...others] = namesInHistory(Array.isArray(rows) ? rows : []);
      return others.length === 0 ? name : null;
    } catch (error) {
      // The call does not need this file.
      if (!(error instanceof InvalidStateError)) throw error;
      this.host.note(error.message);
      return null;
    }
  }

  /** Changes the deployment's state, and adds `entry` to its log if there is one. */
  async change(changes: Changes, entry: ValueMap | null = null): Promise<void> {
    await this.#apply('deployment-state', this.state, this.places.events, changes, entry);
  }

  /** The same for the Azure credentials. `isNew`: the call has just created the file, so all of it is a change. */
  async changeAzure(changes: Changes, entry: ValueMap | null = null, isNew = false): Promise<void> {
    await this.#apply('azure-state', this.azureState, this.places.azureEvents, changes, entry, isNew);
  }

  async #apply(
    family: StateFamily,
    file: ScriptStateFile,
    events: string,
    changes: Changes,
    entry: ValueMap | null,
    isNew = false,
  ): Promise<void> {
    const name = (await this.deployment()) ?? (family === 'azure-state' ? await this.#nameInHistory() : null);
    const old = await file.data();
    const before = isNew ? {} : old;
    const log = entry === null ? null : this.eventsAt(events);
    const added = entry !== null && log !== null && (await log.exists()) ? await log.add(entry) : null;
    if (before !== null && changes.length > 0) await file.change(changes);
    const after = before === null ? null : await file.data();
    const logFamily: Family = family === 'deployment-state' ? 'deployment-events' : 'azure-events';
    if (added === null && after === null) return;
    await this.session.record(
      name,
      before !== null && after !== null ? { family, before, after } : null,
      added && { family: logFamily, name, entry: added },
    );
    if (after === null) return;
    await this.host.wrote(file.path, isNew ? [{ path: [], value: after }] : fileEdits(old, after), name);
  }

  /** Merges files as `kgit import` does. */
  async imports(paths: readonly string[]): Promise<void> {
    await this.host.importFiles(paths, this.host.note);
  }

  /** Whether there is a value at a path of the deployment's state; a mapping or list counts. */
  async holds(path: StatePath): Promise<boolean> {
    const value = await this.state.value(path);
    return value !== undefined && value !== null;
  }

  /** The keys of a mapping in the deployment's state. */
  async keys(name: string): Promise<string[]> {
    const value = await this.state.value([name]);
    return isMap(value) ? Object.keys(value) : [];
  }

  /** Makes a log entry as the scripts write it. */
  entry(action: string, message: string, phase = ''): ValueMap {
    return { timestamp: this.time, action, message, ...(phase === '' ? {} : { phase }) };
  }
}
