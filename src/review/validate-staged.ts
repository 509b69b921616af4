import { InvalidStateError } from '../errors.js';
import { findSecrets } from '../model/secret/find-secrets.js';
import { MARKER_FILE, statePath } from '../model/subject/layout.js';
import { placeOfPath } from '../model/subject/place.js';
import { type DeploymentSubject, formatSubject, type Subject } from '../model/subject/subject.js';
import type { Recipient } from '../model/team-secret/recipients.js';
import { SOPS_FILE } from '../model/team-secret/secret-name.js';
import { teamRecipients } from '../model/team-secret/sops-config.js';
import type { Value } from '../model/value/value.js';
import { isStateKey } from '../store/local/withheld-values.js';
import type { Backend } from '../store/port/backend.js';
import type { Staged } from '../store/port/review.js';
import type { StateView } from '../store/port/state-store.js';
import { EventFinder } from '../store/read/event-finder.js';
import { readState } from '../store/read/records.js';
import { secretFiles } from '../store/read/secret-files.js';
import { eventName, type StoredEvent } from '../store/read/stored-events.js';
import { directAdvice } from './advice.js';
import { checkEventsKept } from './check/check-events-kept.js';
import { type Counts, checkSomeFiles, type FileCheck, tellNoMarker } from './check/check-files.js';
import { SecretChecker } from './check/check-secrets.js';
import { checkStateEvents, touched } from './check/check-state-events.js';
import type { Findings } from './finding.js';
import { toolsOf } from './review-tools.js';

/** Before and after the commit. */
interface Views {
  readonly older: StateView;
  readonly newer: StateView;
}

/**
 * Checks what is staged: each file that the commit adds or changes, by itself and beside what the commit leaves as it is,
 * that committed events stay, and that a change of a state comes with its event. Its cost depends on these files, not on
 * the size of the repository.
 */
export async function validateStaged(
  staged: Staged,
  { review, store, now, findings, markerFault }: FileCheck & { readonly store: Backend },
): Promise<Counts> {
  const { parent, revision, changes, files } = staged;
  const views = { older: store.view(parent), newer: store.view(revision) };
  const deployments = touched(changes);
  const written = new Set(files.map(({ path }) => path));
  const known = {
    meant: await secretsBefore(views.older, deployments),
    secrets: {
      recipients: written.has(SOPS_FILE) ? null : await recipientsOf(views.newer, written),
      paths: await otherSecrets(views.newer, deployments, written),
    },
  };
  // A file that is staged and not committed stays on disk.
  const tools = { ...toolsOf(review), remove: toolsOf(review).forget };
  const check = { review, now, findings, markerFault, written, tools, known };
  const counts = await checkSomeFiles(files, check);
  if ((await views.newer.kindOf(MARKER_FILE)) === null) tellNoMarker(findings);
  await checkReadable(views.newer, deployments, written, findings);
  await checkNewIds(staged, views, findings);
  const advice = directAdvice(tools);
  await checkEventsKept(review, changes, { from: parent, to: revision }, advice, findings);
  await checkStateEvents({ view: views.older, revision: parent }, views.newer, changes, advice, findings);
  return counts;
}

/** By deployment: the paths of the state before whose values look secret: whoever wrote them was allowed to. */
async function secretsBefore(
  older: StateView,
  deployments: readonly DeploymentSubject[],
): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const { id } of deployments) {
    const paths = findSecrets(await stateIn(older, id)).map(({ path }) => path);
    if (paths.length > 0) found.set(id, new Set(paths));
  }
  return found;
}

/** A state; null if there is none, or it cannot be read. */
async function stateIn(view: StateView, id: string): Promise<Record<string, Value> | null> {
  try {
    return await readState(view, id);
  } catch (error) {
    // A broken file is a finding of its own.
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}

/** Those for whom secrets are encrypted, if a secret is staged; undefined if `.sops.yaml` cannot be read. */
async function recipientsOf(
  newer: StateView,
  written: ReadonlySet<string>,
): Promise<readonly Recipient[] | null | undefined> {
  if (![...written].some((path) => placeOfPath(path).kind === 'secret')) return null;
  try {
    return teamRecipients(await newer.read(SOPS_FILE));
  } catch (error) {
    if (error instanceof InvalidStateError) return undefined;
    throw error;
  }
}

/** By deployment: the paths of its secrets whose files are not staged, which its staged state must not have. */
async function otherSecrets(
  newer: StateView,
  deployments: readonly DeploymentSubject[],
  written: ReadonlySet<string>,
): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const subject of deployments) {
    if (!written.has(statePath(subject.id))) continue;
    const files = [...(await secretFiles(newer, subject))].filter(([, file]) => !written.has(file));
    const paths = files.map(([path]) => path).filter(isStateKey);
    if (paths.length > 0) found.set(subject.id, paths);
  }
  return found;
}

/** Checks that a state which is not staged has no readable value for a staged secret. */
async function checkReadable(
  newer: StateView,
  deployments: readonly DeploymentSubject[],
  written: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  for (const subject of deployments) {
    const file = statePath(subject.id);
    if (written.has(file)) continue;
    const files = [...(await secretFiles(newer, subject))].filter(([, secret]) => written.has(secret));
    const paths = files.map(([path]) => path).filter(isStateKey);
    const state = paths.length > 0 ? await stateIn(newer, subject.id) : null;
    if (state === null) continue;
    const secrets = { recipients: null, paths: new Map([[subject.id, paths]]) };
    const text = (await newer.read(file)) ?? '';
    new SecretChecker(findings, () => true, secrets).state(subject.id, state, file, text);
  }
}

/** Checks that no event which the commit adds has the id of another one. */
async function checkNewIds(
  { changes, files }: Staged,
  { older, newer }: Views,
  findings: Findings,
): Promise<void> {
  const finder = new EventFinder(older);
  const added = new Set(changes.filter(({ before }) => before === null).map(({ path }) => path));
  for (const { path } of files) {
    const place = placeOfPath(path);
    if (place.kind !== 'event' || !added.has(path)) continue;
    const known = await eventOf(finder, place);
    if (known === null || known.path === path) continue;
    // A merge by hand may leave an event file beside the sealed month that has the same event.
    if (path.endsWith(`/${eventName(known.head)}`) && known.text() === (await newer.read(path))) continue;
    const taken = `the id ${place.id} of ${formatSubject(place.subject)} is taken by ${known.path}, too`;
    findings.add('event-id', path, taken, {
      fix: 'Write the event again with kgit push-event, which makes a new id, and remove this file',
    });
  }
}

/** The committed event of an id; null if there is none, or it cannot be read. */
async function eventOf(
  finder: EventFinder,
  { subject, id }: { readonly subject: Subject; readonly id: string },
): Promise<StoredEvent | null> {
  try {
    return await finder.find(subject, id);
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}
