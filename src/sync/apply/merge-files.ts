import type { Operation } from '../../model/operation/operation.js';
import { deployment, parseSubject, type Subject } from '../../model/subject/subject.js';
import { ImportedFiles } from '../../store/local/imported-files.js';
import type { Reading } from '../../store/outbox/outcomes.js';
import type { StateView } from '../../store/port/state-store.js';
import { parseImport } from '../parse/parse-import.js';
import { type ImportStamp, importOperation, sealSecrets } from '../plan/import-operation.js';
import type { ImportPlan } from '../plan/import-plan.js';
import type { SharedSecrets } from '../plan/shared-secrets.js';
import { teamGuard } from '../plan/team-guard.js';
import type { ImportSettings, ParsedFile } from '../read/parsed-file.js';
import { type LegacyFile, readLegacyFiles } from '../read/read-legacy-files.js';
import { keepLocally } from './keep-locally.js';
import { planFiles } from './plan-files.js';

/** The host for merging files when nobody can be asked. */
export interface MergeHost {
  /** Reads the local repository with waiting operations: all of it, or what concerns these subjects. */
  read(subjects?: readonly Subject[]): Promise<Pick<Reading, 'view' | 'pending'>>;
  /** The folder of data that belongs to this machine only. */
  readonly localFolder: string;
  readonly settings: ImportSettings;
  stamp(): ImportStamp;
  guard(operation: Operation): Operation;
  /** The secrets that the team shares in a view; null if it shares none. */
  team(view: StateView): Promise<SharedSecrets | null>;
  keep(operation: Operation): Promise<void>;
}

type PlanHost = Pick<MergeHost, 'read' | 'localFolder' | 'settings'>;

async function planMerge(files: readonly LegacyFile[], host: PlanHost & Partial<Pick<MergeHost, 'team'>>) {
  const { localFolder, settings } = host;
  const first = parseImport(files, settings);
  const { view, pending } = await host.read(await subjectsOf(first, host));
  const guard = await teamGuard(first, view, settings.secrets);
  const parsed = guard ? parseImport(files, { ...settings, secrets: guard }) : first;
  const team = host.team ? await host.team(view) : null;
  const base = { view, pending, localFolder, secrets: guard ?? settings.secrets, team };
  const plan = await planFiles(parsed, base, { onConflict: 'repository', skipInvalid: true });
  return { view, parsed, plan, team };
}

/** The subjects that a merge of these files needs: their own, and those recorded for earlier imports of them. */
async function subjectsOf(files: readonly ParsedFile[], { localFolder }: PlanHost): Promise<Subject[]> {
  const imported = new ImportedFiles(localFolder, async () => false);
  const before: string[] = [];
  for (const { file } of files)
    if (file.place !== null) before.push(...(await imported.carriers(file.place)));
  const own = files.flatMap(({ deployment: id, events }) => [
    ...(id === null ? [] : [deployment(id)]),
    ...events.map(({ subject }) => subject),
  ]);
  return [...own, ...[...new Set(before)].map((text) => parseSubject(text))];
}

/**
 * The absolute paths of files below these places that contain what the repository lacks, apart from secrets. Writes nothing and
 * decrypts nothing.
 */
export async function fileOnly(
  paths: readonly string[],
  { read, localFolder, settings }: PlanHost,
): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const files = await readLegacyFiles(paths);
  const { plan } = await planMerge(files, { read, localFolder, settings });
  const places = new Map(files.map(({ path, place }) => [path, place ?? path]));
  return plan.files
    .filter(({ events, state }) => events.new + state.set > 0)
    .map(({ path }) => places.get(path) ?? path);
}

/**
 * Merges legacy files as `kgit import` does when nobody can be asked: broken files are skipped, and if both sides
 * changed a value, the repository's stays. The result is durable when it returns.
 */
export async function mergeFiles(paths: readonly string[], host: MergeHost): Promise<void> {
  if (paths.length > 0) await mergeRead(await readLegacyFiles(paths), host);
}

/** Merges files that were already read; returns the plan. */
export async function mergeRead(files: readonly LegacyFile[], host: MergeHost): Promise<ImportPlan> {
  const { view, parsed, plan, team } = await planMerge(files, host);
  const kept = keepLocally(host.localFolder, parsed);
  // Before anything is kept for publishing: values that are not published must not be lost here.
  if (team === null) await kept.secrets();
  const operations: Operation[] = [];
  for (const part of plan.parts)
    operations.push(
      host.guard(await sealSecrets(importOperation(part, host.stamp(), true), part, view, team, true)),
    );
  for (const operation of operations) await host.keep(operation);
  const subjects = await subjectsOf(parsed, host);
  await kept.files(view, { plan, operations }, () => host.read(subjects));
  return plan;
}
