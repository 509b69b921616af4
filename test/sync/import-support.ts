import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KgitEvent, sortByTime } from '../../src/model/event/event.js';
import { parseEvent } from '../../src/model/event/event-file.js';
import { formatStatePath, type StatePath } from '../../src/model/state/state-path.js';
import { parseEventPath } from '../../src/model/subject/layout.js';
import { formatSubject } from '../../src/model/subject/subject.js';
import { makeUlid } from '../../src/model/value/ulid.js';
import { isMap } from '../../src/model/value/value.js';
import { applyOperation } from '../../src/store/plan/apply-operation.js';
import type { FileChanges } from '../../src/store/port/state-store.js';
import { EventFinder } from '../../src/store/read/event-finder.js';
import { OverlayView } from '../../src/store/read/overlay-view.js';
import { parseImport } from '../../src/sync/parse/parse-import.js';
import type { FoundSecret, SecretGuard } from '../../src/sync/parse/withhold.js';
import { existingRecords } from '../../src/sync/plan/existing-records.js';
import { importOperation } from '../../src/sync/plan/import-operation.js';
import type { ConflictRule, ImportPlan } from '../../src/sync/plan/import-plan.js';
import type { LocalFile } from '../../src/sync/plan/last-imported.js';
import { planImport } from '../../src/sync/plan/plan-import.js';
import type { ImportSettings } from '../../src/sync/read/parsed-file.js';
import type { LegacyFile } from '../../src/sync/read/read-legacy-files.js';
import { MemoryStore } from '../support/memory-store.js';

const FIXTURE = join(import.meta.dirname, 'fixtures', 'state');

/** The committed `state` folder in a temporary folder, with keys made now in place of its placeholders. */
export function layOut(): { root: string; keys: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'kgit-import-'));
  cpSync(FIXTURE, join(root, 'state'), { recursive: true });
  const file = join(root, 'state', 'deployment-state.yaml');
  const keys: string[] = [];
  const text = readFileSync(file, 'utf8').replace(/KEY_OF_\w+/g, () => {
    keys.push(randomBytes(32).toString('base64'));
    return keys.at(-1) as string;
  });
  writeFileSync(file, text);
  return { root, keys };
}

/** A guard that finds every string of which `isSecret` says so, wherever it stands. */
export function finder(
  isSecret: (text: string, path: StatePath) => boolean,
  what = 'WireGuard private key',
): SecretGuard {
  function find(value: unknown, path: StatePath): FoundSecret[] {
    if (typeof value === 'string')
      return isSecret(value, path) ? [{ path: formatStatePath(path), what }] : [];
    if (Array.isArray(value)) return value.flatMap((item, i) => find(item, [...path, i]));
    if (!isMap(value)) return [];
    return Object.entries(value).flatMap(([key, item]) => find(item, [...path, key]));
  }
  return { find, show: formatStatePath };
}

/** WireGuard private keys where the scripts write them. */
export const findPrivateKeys = finder((_, path) => path.at(-1) === 'private_key');

export const SETTINGS: ImportSettings = {
  management: 'default',
  namespace: 'kcm-system',
  skipInvalid: false,
  secrets: findPrivateKeys,
};

/** A legacy file of the folder `state`. */
export function legacyFile(name: string, text: string, folder = 'state'): LegacyFile {
  return { path: `${folder}/${name}`, folder, place: null, mtimeMs: 0, text, problem: null };
}

/** An event file with these entries, as JSON, which is YAML. */
export function eventFile(
  events: readonly unknown[],
  name = 'deployment-events.yaml',
  id = 'k0rdent-x',
): LegacyFile {
  return legacyFile(name, JSON.stringify({ deployment_id: id, events }));
}

/** A repository in memory that takes operations as a driver does. */
export class MemoryRepository extends OverlayView {
  /** What this clone last took from each file, by place. */
  readonly local = new Map<string, LocalFile>();
  readonly files = new Map<string, string>();
  private count = 0;

  constructor() {
    super(new MemoryStore().view(null));
  }

  override write(changes: FileChanges): void {
    super.write(changes);
    for (const [path, text] of changes) {
      if (text === null) this.files.delete(path);
      else this.files.set(path, text);
    }
  }

  async plan(
    files: readonly LegacyFile[],
    onConflict: ConflictRule = 'fail',
    settings: Partial<ImportSettings> = {},
  ): Promise<ImportPlan> {
    const parsed = parseImport(files, { ...SETTINGS, ...settings });
    const existing = await existingRecords(this, parsed, this.local);
    return planImport(
      parsed,
      { ...existing, shared: null },
      { onConflict, skipInvalid: settings.skipInvalid ?? false },
    );
  }

  /** Carries a plan out and says how each of its operations ended. */
  async carryOut(plan: ImportPlan): Promise<string[]> {
    const ends: string[] = [];
    for (const part of plan.parts) {
      const time = Date.UTC(2026, 0, 1) + ++this.count;
      let made = 0n;
      const operation = importOperation(part, {
        ids: { next: () => makeUlid(time, ++made) },
        time,
        actor: { name: 'dev', email: 'dev@example.com' },
        fields: { user: 'dev' },
      });
      const tip = { view: this, at: async () => null, events: new EventFinder(this) };
      const applied = await applyOperation(operation, tip);
      if (applied.kind === 'commit') this.write(applied.files);
      ends.push(applied.kind);
    }
    return ends;
  }

  /** The events of a subject, in the order in which kgit lists them. */
  events(subject: string): KgitEvent[] {
    const events: KgitEvent[] = [];
    for (const [path, text] of this.files) {
      const place = parseEventPath(path);
      if (place && formatSubject(place.subject) === subject) events.push(parseEvent(text, path));
    }
    return sortByTime(events, (event) => event);
  }
}
