import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KgitError, NotFoundError } from '../../errors.js';
import type { Writer } from '../../model/operation/make-operation.js';
import { mutable, setAt } from '../../model/state/edit.js';
import { parseStatePath } from '../../model/state/state-path.js';
import { deployment, legacySlug } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';
import { PRIVATE_FILE } from '../../platform/file-modes.js';
import { serveSlots } from '../../process/shell-slots.js';
import type { Environment } from '../../setup/this-host.js';
import type { FolderLock } from '../../store/local/folder-lock.js';
import { noteWritten } from '../../store/local/imported-files.js';
import { UnfinishedCalls } from '../../store/local/unfinished-calls.js';
import { isStateKey, WithheldValues } from '../../store/local/withheld-values.js';
import type { Host } from '../../store/port/host.js';
import { readEvents, readState } from '../../store/read/records.js';
import { fileOnlyMessage, isOver } from '../../sync/apply/file-only-check.js';
import { fileOnly, type MergeHost, mergeFiles } from '../../sync/apply/merge-files.js';
import { deploymentValues } from '../../sync/export/exported-state.js';
import { editWithoutSecrets } from '../../sync/plan/last-imported.js';
import type { SharedSecrets } from '../../sync/plan/shared-secrets.js';
import { guardOfTeam } from '../../sync/plan/team-guard.js';
import { notShared, type ScriptHost } from '../../sync/script-api/script-session.js';
import { CallServer, type CallServerParts } from '../../sync/script-api/serve-call.js';
import { TeamValues } from '../secret/team-values.js';
import { type LegacyContext, mergeHost, SECRET_GUARD } from './merge-host.js';
import { TeamSecrets } from './script-secrets.js';

/** A script that has evaluated `kgit shell-init`. */
export interface ServedScript {
  /** Folder of the FIFOs between the script and its helper. */
  readonly folder: string;
  readonly pid: number;
}

export interface ServeParts {
  /** Returns the writer as of now. */
  readonly writer: () => Writer;
  readonly keep: ScriptHost['keep'];
  /** With the key that decrypts the team's secrets. */
  readonly environment: Environment;
  /** Lock of the script API on a folder of state files. */
  readonly lock: FolderLock;
  readonly now: () => number;
}

/** Makes the call server of one script on an open repository. First records what calls of dead helpers left in files. */
export async function scriptCalls(context: LegacyContext, parts: ServeParts): Promise<CallServer> {
  const { writer, keep, environment, lock, now } = parts;
  const merge = mergeHost(context, writer, keep, environment);
  const calls = new CallServer({
    host: scriptHost(context, merge, parts),
    lock,
    unfinished: new UnfinishedCalls(context.opened.localFolder),
    warning: (folder) => fileOnlyWarning(folder, context.settings.filesUntil, merge, now()),
  });
  await calls.mendAll();
  return calls;
}

function scriptHost(
  { opened, settings }: LegacyContext,
  merge: MergeHost,
  { writer, keep, environment, now }: ServeParts,
): CallServerParts['host'] {
  const { localFolder, repository } = opened;
  const { actor, host, run, ids } = writer();
  const kept = new TeamSecrets({
    head: () => repository.store.head(),
    read: async (subject) => (await merge.read([subject])).view,
    local: new WithheldValues(localFolder),
    openTeam: async () => {
      const { openSops } = await import('../../setup/open-sops.js');
      return new TeamValues(openSops(settings, environment));
    },
  });
  return {
    keep: async (operation, again) => {
      await keep(operation, again);
      await kept.stand(operation.secrets ?? []);
    },
    guard: merge.guard,
    secrets: merge.settings.secrets,
    kept,
    actor,
    hostname: host,
    runId: run.id,
    ids,
    now,
    management: merge.settings.management,
    namespace: settings.namespace,
    deployment: settings.deployment,
    recorded: async (subject) => {
      const { view } = await merge.read([subject]);
      const events = await readEvents(view, subject);
      const state = subject.kind === 'deployment' ? await readState(view, subject.id) : null;
      return deploymentValues(
        withPlaces(state ?? {}, await kept.names(subject)) as Readonly<Record<string, Value>>,
        events.map((event) => event.read()),
      );
    },
    wrote: async (path, edits, name) => {
      const known = name ?? settings.deployment;
      const names = known === undefined ? [] : await kept.shared(deployment(legacySlug(known)));
      const guard = guardOfTeam(SECRET_GUARD, names);
      await noteWritten(localFolder, path, edits, (family, edit) => editWithoutSecrets(family, edit, guard));
    },
    importFiles: (paths, note) => mergeOrWithhold(paths, merge, note),
  };
}

/** Merges files; if the secrets in them cannot be encrypted for the team, withholds these: a script goes on. */
async function mergeOrWithhold(
  paths: readonly string[],
  merge: MergeHost,
  note: (message: string) => void,
): Promise<void> {
  const faults: KgitError[] = [];
  const team: MergeHost['team'] = async (view) => {
    const shared = await merge.team(view);
    return shared && tellingFaults(shared, (error) => faults.push(error));
  };
  try {
    await mergeFiles(paths, { ...merge, team });
  } catch (error) {
    const [fault] = faults;
    if (fault === undefined || error !== fault) throw error;
    await mergeFiles(paths, { ...merge, team: async () => null });
    note(notShared(fault, paths.map((path) => dirname(path))[0] ?? ''));
  }
}

/** The same secrets; `tell` gets what is thrown because they cannot be read or encrypted. */
function tellingFaults(shared: SharedSecrets, tell: (error: KgitError) => void): SharedSecrets {
  const telling =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    (...args: A) =>
      work(...args).catch((error: unknown) => {
        if (error instanceof KgitError) tell(error);
        throw error;
      });
  return { read: telling(shared.read), decrypt: telling(shared.decrypt), seal: telling(shared.seal) };
}

/** A state with null in the place of each secret of these names: a file that is begun anew does without them, too. */
function withPlaces(state: object, names: ReadonlySet<string>): Record<string, unknown> {
  const whole = mutable(state as Value) as Record<string, unknown>;
  for (const name of names) if (isStateKey(name)) setAt(whole, parseStatePath(name), null);
  return whole;
}

/** The warning, once per script, that a folder of state files is written without kgit; null for none. */
async function fileOnlyWarning(
  folder: string,
  filesUntil: string | undefined,
  merge: MergeHost,
  now: number,
): Promise<string | null> {
  if (!isOver(filesUntil, now)) return null;
  try {
    const paths = await fileOnly([folder], merge);
    return paths.length === 0 ? null : fileOnlyMessage(paths, filesUntil);
  } catch (error) {
    // A warning never fails a script; a script that is just starting has no files yet.
    if (!(error instanceof KgitError)) throw error;
    return error instanceof NotFoundError ? null : error.message;
  }
}

/** Answers the calls of a script over its FIFOs until the script has ended. */
export function serveScript({ folder, pid }: ServedScript, calls: CallServer, host: Host): Promise<void> {
  const began = host.processStart(pid);
  const answer = async (words: readonly string[]) => {
    const { status, out, notes } = await calls.serve(words);
    const head = `${String(status).padStart(3, '0')}${notes === '' ? '-' : 'n'}`;
    const clean = (text: string) => text.replaceAll('\0', '\ufffd');
    return `${head}${clean(out)}\0${notes === '' ? '' : `${clean(notes)}\0`}`;
  };
  return serveSlots(folder, answer, () => host.isAlive(pid) && host.processStart(pid) === began);
}

/** Tells a script that its helper has failed, and why; every later call fails with that error. */
export async function tellFailed({ folder }: ServedScript, error: unknown): Promise<void> {
  const code = error instanceof KgitError ? error.exitCode : 1;
  const message = error instanceof Error ? error.message : String(error);
  const path = join(folder, 'failed');
  // The calls poll for this file, so it must appear atomically.
  await writeFile(`${path}.tmp`, `${code}\n${message.replaceAll('\n', ' ')}\n`, { mode: PRIVATE_FILE });
  await rename(`${path}.tmp`, path);
}
