import { type Difference, editOf, stateDifferences } from '../../model/state/state-diff.js';
import { formatStatePath, lookUp, type StatePath } from '../../model/state/state-path.js';
import { sameValue } from '../../model/value/value.js';
import type { State } from '../../review/order-changes.js';
import { readState } from '../../store/read/records.js';
import { noStateThen, stateThen } from '../read/state-then.js';
import { rolledBackSecrets, withoutSecrets } from '../secret/rolled-back-secrets.js';
import {
  type ChangedDeployment,
  changeDeployment,
  stillHas,
  type Target,
  targetDeployment,
} from './change-state.js';
import type { GivenFields } from './write-events.js';
import type { Writing } from './writing.js';

/** What of a state is brought back, and to when. */
export interface RollBack extends Target {
  /** REVISION|TIME. */
  readonly to: string;
  /** The whole state if empty. */
  readonly paths: readonly StatePath[];
  /** Action, message and reason of the event. */
  readonly fields: GivenFields;
}

/** The difference at one path, taken as a whole; none where both states have the same there. */
function differenceAt(now: State, then: State, path: StatePath): Difference[] {
  const [before, after] = [lookUp(now, path).value, lookUp(then, path).value];
  if (sameValue(before, after)) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** A rollback that was written. */
export interface RolledBack extends ChangedDeployment {
  /** Paths of secrets that are encrypted for others than those who can read the team's secrets today. */
  readonly rotate: readonly string[];
}

/**
 * Sets the state of a deployment, or paths of it, to what it was, by a new operation that is published only while these
 * paths still are what they are now. Of secrets of the team it takes the older documents; no key is needed.
 * Throws NotFoundError, UsageError, InvalidStateError; then as `changeState`.
 */
export async function rollBack(
  writing: Writing,
  { paths, to, fields, ...target }: RollBack,
): Promise<RolledBack> {
  const { opened, reading, writer, note } = writing;
  const id = await targetDeployment(writing, target);
  const revisions = { store: opened.repository.store, reading };
  const state = await stateThen(to, id, revisions, writer.now);
  const wanted = { to, paths, former: state };
  const { documents, rotate, kept } = await rolledBackSecrets(id, wanted, revisions, writer.now);
  if (state === null && documents.every(({ text }) => text === null)) throw noStateThen(to, id);
  for (const { path, formerly } of kept)
    note(
      formerly === 'readable'
        ? `${path} is a secret now and was readable then: it stays as it is`
        : `${path} is a secret of the team now and was not shared then: it stays as it is`,
    );
  const then = withoutSecrets(state ?? {}, kept);
  const now = (await readState(reading.view, id)) ?? {};
  const differences =
    paths.length === 0 ? stateDifferences(now, then) : paths.flatMap((path) => differenceAt(now, then, path));
  const parameters = { to, ...(paths.length > 0 ? { paths: paths.map(formatStatePath) } : {}) };
  const changed = await changeDeployment(writing, id, {
    fields: { ...fields, parameters },
    edits: differences.map(editOf),
    preconditions: differences.map(({ path, before }) => stillHas(path, before)),
    documents,
    withdraw: true,
  });
  return { ...changed, rotate };
}
