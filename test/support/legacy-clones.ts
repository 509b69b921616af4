import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { TeamSecrets } from '../../src/app/legacy/script-secrets.js';
import { ConflictError, KgitError } from '../../src/errors.js';
import type { KgitEvent } from '../../src/model/event/event.js';
import type { Operation } from '../../src/model/operation/operation.js';
import { deployment, formatSubject } from '../../src/model/subject/subject.js';
import { type IdSource, makeUlid } from '../../src/model/value/ulid.js';
import type { ValueMap } from '../../src/model/value/value.js';
import type { FolderLock } from '../../src/store/local/folder-lock.js';
import { ImportedFiles, noteWritten } from '../../src/store/local/imported-files.js';
import { UnfinishedCalls } from '../../src/store/local/unfinished-calls.js';
import { WithheldValues } from '../../src/store/local/withheld-values.js';
import type { Reading } from '../../src/store/outbox/outcomes.js';
import { applyOperation } from '../../src/store/plan/apply-operation.js';
import type { StateView } from '../../src/store/port/state-store.js';
import { EventFinder } from '../../src/store/read/event-finder.js';
import { readEvents, readState } from '../../src/store/read/records.js';
import { keepLocally } from '../../src/sync/apply/keep-locally.js';
import { type MergeHost, mergeFiles, mergeRead } from '../../src/sync/apply/merge-files.js';
import { deploymentValues } from '../../src/sync/export/exported-state.js';
import { parseImport } from '../../src/sync/parse/parse-import.js';
import { existingRecords } from '../../src/sync/plan/existing-records.js';
import { importOperation } from '../../src/sync/plan/import-operation.js';
import { type ConflictRule, refusalOf } from '../../src/sync/plan/import-plan.js';
import { areRecorded, recordStands } from '../../src/sync/plan/import-stands.js';
import { lastImported } from '../../src/sync/plan/last-imported.js';
import { planImport } from '../../src/sync/plan/plan-import.js';
import { readLegacyFiles } from '../../src/sync/read/read-legacy-files.js';
import { CallServer, type CallServerParts } from '../../src/sync/script-api/serve-call.js';
import { MemoryRepository, SETTINGS } from '../sync/import-support.js';

/** The deployment that all clones work on. */
export const DEPLOYMENT = 'k0rdent-shared';
const SUBJECT = deployment(DEPLOYMENT);
const TRIES = 3;

/** The clock and the source of unique ids that all clones share. */
export class World {
  readonly remote = new MemoryRepository();
  /** The changes of state in the order in which they were published. */
  readonly published: Pick<KgitEvent, 'changes'>[] = [];
  /** ms since the epoch */
  time = Date.UTC(2026, 0, 1);
  #ids = 0;

  /** Between two looks at the clock a millisecond goes by. */
  readonly now = () => this.time++;

  readonly ids: IdSource = { next: (time = this.now()) => makeUlid(time, BigInt(++this.#ids)) };

  /** The messages of all events that were published. */
  messages(): unknown[] {
    return this.remote.events(formatSubject(SUBJECT)).map(({ message }) => message);
  }
}

/** What an operation does to a view. */
async function applied(view: StateView, operation: Operation) {
  const tip = { view, at: async () => null, events: new EventFinder(view) };
  const done = await applyOperation(operation, tip);
  return done.kind === 'commit' ? done : { files: new Map<string, string>(), events: [] };
}

/** A clone on its own machine, with the scripts' files beside it. Its writes wait until it syncs. */
export class LegacyClone {
  readonly name: string;
  /** The scripts' checkout. */
  readonly folder: string;
  readonly told: string[] = [];
  /** How many of its operations were refused. */
  refused = 0;
  readonly #world: World;
  readonly #localFolder: string;
  readonly #calls: CallServer;
  #seen = new Map<string, string>();
  #waiting: Operation[] = [];

  constructor(name: string, world: World) {
    const base = mkdtempSync(join(tmpdir(), 'kgit-clones-'));
    this.name = name;
    this.folder = join(base, 'scripts');
    this.#localFolder = join(base, 'local');
    this.#world = world;
    mkdirSync(join(this.folder, 'state'), { recursive: true });
    const lock = { exclusively: (_folder: string, work: () => Promise<unknown>) => work() } as FolderLock;
    const unfinished = new UnfinishedCalls(this.#localFolder);
    this.#calls = new CallServer({ host: this.#scriptHost(), lock, unfinished, warning: async () => null });
  }

  get stateFile(): string {
    return join(this.folder, 'state/deployment-state.yaml');
  }

  /** What the state file says. */
  data(): ValueMap {
    return parse(readFileSync(this.stateFile, 'utf8')) as ValueMap;
  }

  /** The messages of the entries in its log. */
  logged(): unknown[] {
    const log = join(this.folder, 'state/deployment-events.yaml');
    const entries = existsSync(log) ? (parse(readFileSync(log, 'utf8')).events as ValueMap[]) : [];
    return entries.map(({ message }) => message);
  }

  /** Writes the state file as an old script does, past kgit. */
  write(data: ValueMap): void {
    writeFileSync(this.stateFile, stringify(data, { aliasDuplicateObjects: false }));
  }

  /** The repository as this clone sees it: what it fetched last, plus its waiting operations. */
  async read(): Promise<Pick<Reading, 'view' | 'pending'>> {
    const view = new MemoryRepository();
    view.write(this.#seen);
    const pending: Operation[] = [];
    for (const operation of this.#waiting) {
      const files = await applied(view, operation).then(({ files }) => files, onlyConflicts);
      if (files === null || files.size === 0) continue;
      view.write(files);
      pending.push(operation);
    }
    return { view, pending };
  }

  state(): Promise<ValueMap | null> {
    return this.read().then(({ view }) => readState(view, DEPLOYMENT));
  }

  /** Publishes the waiting operations, and fetches what others published. */
  async sync(): Promise<void> {
    for (const operation of this.#waiting)
      await this.#publish(operation).catch((error: unknown) => {
        onlyConflicts(error);
        this.refused++;
        this.told.push(String((error as KgitError).data['path']));
      });
    this.#waiting = [];
    this.#seen = new Map(this.#world.remote.files);
  }

  async #publish(operation: Operation): Promise<void> {
    const { remote, published } = this.#world;
    const { files, events } = await applied(remote, operation);
    remote.write(files);
    published.push(...events.map(({ event }) => event));
  }

  /** Calls a function of the script API. */
  async call(name: string, ...words: string[]): Promise<void> {
    const state = 'state/deployment-state.yaml';
    const events = 'state/deployment-events.yaml';
    const places = [this.folder, 'state', state, events, 'state/azure-state.yaml', 'state/azure-events.yaml'];
    const { status, notes } = await this.#calls.serve([name, ...places, ...words]);
    if (status !== 0 || notes !== '') throw new Error(`${name} ${words.join(' ')}: ${status} ${notes}`);
  }

  /** As `kgit mirror` does. */
  async mirror(): Promise<void> {
    const { files, conflicts } = await mergeRead(await readLegacyFiles([this.folder]), this.#host());
    for (const { error } of files) if (error) throw new Error(error.message);
    for (const { path } of conflicts) this.told.push(path);
  }

  /** As `kgit import` does; told what conflicts. @param isQueued whether it waits for the next sync */
  async import(onConflict: ConflictRule, isQueued: boolean): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        if ((await this.#import(onConflict, isQueued, tries)) || tries === TRIES) return;
      } catch (error) {
        onlyConflicts(error);
        if (tries < TRIES) continue;
        this.told.push(String((error as KgitError).data['path'] ?? ''));
        return;
      }
    }
  }

  async #import(onConflict: ConflictRule, isQueued: boolean, tries: number): Promise<boolean> {
    const host = this.#host();
    // Operations that were already planned are published; refusals are reported.
    if (!isQueued && tries > 1) await this.sync();
    const { view, pending } = await host.read();
    const parsed = parseImport(await readLegacyFiles([this.folder]), SETTINGS);
    const imported = new ImportedFiles(this.#localFolder, recordStands(view));
    const local = await lastImported(parsed, (place) => imported.last(place), SETTINGS.secrets);
    const plan = planImport(
      parsed,
      { ...(await existingRecords(view, parsed, local, pending)), shared: null },
      {
        onConflict,
        skipInvalid: false,
      },
    );
    for (const conflict of plan.conflicts) this.told.push(conflict.path);
    const refusal = refusalOf(plan);
    if (refusal) throw refusal;
    const kept = keepLocally(this.#localFolder, parsed);
    await kept.secrets();
    const operations = plan.parts.map((part) => importOperation(part, host.stamp()));
    if (isQueued) for (const operation of operations) await host.keep(operation);
    else {
      await this.sync();
      for (const operation of operations) await this.#publish(operation);
      await this.sync();
    }
    await kept.files(view, { plan, operations }, () => this.read());
    return isQueued || (operations.length > 0 && (await areRecorded(pending, this.#world.remote)));
  }

  #host(): MergeHost {
    const { ids, now } = this.#world;
    const actor = { name: this.name, email: `${this.name}@example.com` };
    return {
      read: () => this.read(),
      localFolder: this.#localFolder,
      settings: { ...SETTINGS, skipInvalid: true },
      stamp: () => ({
        ...{ ids, time: now(), actor },
        fields: { user: this.name, host: this.name },
      }),
      guard: (operation) => operation,
      team: async () => null,
      keep: async (operation) => {
        // As it comes out of the outbox.
        this.#waiting.push(structuredClone(operation));
      },
    };
  }

  #scriptHost(): CallServerParts['host'] {
    const merge = this.#host();
    const { ids, now } = this.#world;
    return {
      ...{ keep: merge.keep, guard: merge.guard, secrets: SETTINGS.secrets, ids, now },
      kept: new TeamSecrets({
        head: async () => ({ revision: null }),
        read: async () => (await this.read()).view,
        local: new WithheldValues(this.#localFolder),
        openTeam: () => Promise.reject(new Error('this team shares no secrets')),
      }),
      actor: { name: this.name, email: `${this.name}@example.com` },
      hostname: this.name,
      runId: undefined,
      ...{ management: 'default', namespace: 'kcm-system', deployment: undefined },
      recorded: async () => {
        const { view } = await this.read();
        const events = (await readEvents(view, SUBJECT)).map((event) => event.read());
        return deploymentValues((await readState(view, DEPLOYMENT)) ?? {}, events);
      },
      wrote: (path, edits) => noteWritten(this.#localFolder, path, edits, (_, edit) => edit),
      importFiles: async (paths) => {
        await mergeFiles(paths, merge);
      },
    };
  }
}

function onlyConflicts(error: unknown): null {
  if (!(error instanceof ConflictError) || !(error instanceof KgitError)) throw error;
  return null;
}
